import { type AuditNumbers, type Finding, noNumbers } from '@assay/protocol';

/** Numbers of an auditor that checked and found this distance. */
export function checked(t1Ppb: number): AuditNumbers {
  return { ...noNumbers, finding: 'checked', positions: 20, t1Ppb };
}

/** Numbers of an auditor that could not check. */
export function unchecked(finding: Finding): AuditNumbers {
  const flaw = finding === 'malformed' ? 'prompt' : 'none';
  return { ...noNumbers, finding, flaw };
}

export const honest = checked(1_000_000);
/** Of tokens that are not the model's: a distance alone waits for its miner's word (§10.25). */
export const softFailure = { ...checked(50_000_000), choiceMismatches: 3 };
export const hardFailure = { ...checked(120_000_000), choiceMismatches: 8 };
