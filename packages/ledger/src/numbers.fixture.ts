import { type AuditNumbers, findings } from '@assay/protocol';

/** Numbers of an auditor that checked and found this distance. */
export function checked(t1Ppb: number): AuditNumbers {
  return { finding: findings.checked, positions: 20, t1Ppb, argmaxMismatches: 0 };
}

/** Numbers of an auditor that could not check. */
export function unchecked(finding: 'malformed' | 'noArtifact' | 'noResult'): AuditNumbers {
  return { finding: findings[finding], positions: 0, t1Ppb: 0, argmaxMismatches: 0 };
}

export const honest = checked(1_000_000);
export const softFailure = checked(50_000_000);
export const hardFailure = checked(120_000_000);
