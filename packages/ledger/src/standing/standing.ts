import type { MinerRow, Params } from '@assay/protocol';
import { PPB } from '../arithmetic/integers.ts';

export const MAX_LEVEL = 10;

/**
 * Logarithm of how much likelier a verdict is for a cheat that fails 30 % of its audits than for an honest miner that
 * fails 1 %, thousandths: ln(70/99), ln 30, and a cap of 6 for a hard failure (verification §4.5).
 */
const STEP_MILLI = { pass: -347, soft: 3400, hard: 6000 } as const;
/** Evidence that ejects: about the logarithm of a million, the audits between two false alarms. */
export const EJECTION_MILLI = 13_800;

/** Hard failures that make the evidence of an ejection hard: two are most of it. */
export const HARD_EVIDENCE = 2;

/** What one audit adds to a miner's record of passed or failed ones, which ages by parts. */
export const ONE_AUDIT_MICRO = 1_000_000;

/** Audits with a result that one without costs, and so many owed that the network sends no work (§10.13, §10.14). */
export const RESULTS_OWED = 10;
export const MAX_RESULTS_OWED = 50;

/** What the evidence against a miner is, and what it was before. */
type Evidence = Pick<MinerRow, 'cusumMilli' | 'failures' | 'hardFailures' | 'priorLevel' | 'priorStreak'>;
export const noEvidence: Evidence = { cusumMilli: 0, failures: 0, hardFailures: 0, priorLevel: 0, priorStreak: 0 };

type Standing = Evidence & Pick<MinerRow, 'streak'>;

/** A miner's streak and evidence after a verdict. What once reached the limit stays there until a case decides. */
export function standingAfter(
  standing: Readonly<Standing & Pick<MinerRow, 'level'>>,
  verdict: keyof typeof STEP_MILLI,
): Standing {
  const { cusumMilli, level } = standing;
  const isFailure = verdict !== 'pass';
  const streak = isFailure ? 0 : standing.streak + 1;
  const cusum = cusumMilli >= EJECTION_MILLI ? cusumMilli : Math.max(0, cusumMilli + STEP_MILLI[verdict]);
  if (cusum === 0) return { streak, ...noEvidence };
  const isFirst = isFailure && standing.failures === 0;
  return {
    streak,
    cusumMilli: cusum,
    failures: standing.failures + (isFailure ? 1 : 0),
    hardFailures: standing.hardFailures + (verdict === 'hard' ? 1 : 0),
    priorLevel: isFirst ? level : standing.priorLevel,
    priorStreak: isFirst ? standing.streak : standing.priorStreak,
  };
}

/** Part of a miner's recorded audits that passed, parts per billion; zero without any (verification §4.1). */
export function successRatePpb({ passedMicro, failedMicro }: Pick<MinerRow, 'passedMicro' | 'failedMicro'>): bigint {
  const all = BigInt(passedMicro) + BigInt(failedMicro);
  return all === 0n ? 0n : (BigInt(passedMicro) * PPB) / all;
}

/** What a level multiplies measured values with: from the floor at level 0 in equal steps to one at level 10. */
export function levelFactorPpb(level: number, { factorFloorPpb }: Pick<Params['levels'], 'factorFloorPpb'>): bigint {
  const floor = BigInt(factorFloorPpb);
  return floor + ((PPB - floor) * BigInt(level)) / BigInt(MAX_LEVEL);
}
