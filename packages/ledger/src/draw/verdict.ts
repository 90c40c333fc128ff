import { type AuditNumbers, limits, type Verdict } from '@assay/protocol';
import { mismatchesOf, POOL_LIMIT_MILLI, type Pooled, pooledMismatches, surpriseDistance } from './pool.ts';

/** What the numbers of one auditor say about an answer. */
export type Opinion = 'pass' | 'soft' | 'hard' | 'missing' | 'noResult';
/** A verdict, or how many more auditors it needs; none wanted means those at work must finish first. */
export type Decision = { readonly verdict: Verdict } | { readonly verdict: null; readonly wantedAuditors: number };

/** Where an audit stands beside the opinions it has. */
export interface Panel {
  /** Auditors that the first draw took. */
  readonly firstAuditors: number;
  /** Auditors drawn so far, those that missed a turn included. */
  readonly drawn: number;
  /** Auditors that have still to give an opinion. */
  readonly atWork: number;
  /** Nobody else can be drawn. */
  readonly isExhausted: boolean;
}

/** Passes acquit when they outnumber failures by so many, failures convict when they outnumber passes by so many. */
const ACQUITTING_LEAD = 2;
const CONVICTING_LEAD = 3;
/** What convicts where the network has no more validators to ask. */
const LAST_CONVICTING_LEAD = 2;
const HARD_FACTOR = 3;
/** Mismatches that are soft: more than an eighth of the positions; hard: more than a third, and not a single one. */
const SOFT_PART = 8n;
const HARD_PART = 3n;
const HARD_MISMATCHES = 2;
/** What numbers are read against: the honest limit of T1, and what is pooled of the miner. */
export interface OpinionBasis extends Pooled {
  readonly t1ThresholdPpb: number;
}

/**
 * Reads one auditor's numbers (§10.4): the distance against the model's honest limit, the mismatches against the
 * positions (§10.12) and with those of the miner's audits before (verification §4.7). Nothing is a pass by default.
 */
export function opinionOf(numbers: AuditNumbers, basis: OpinionBasis): Opinion {
  const { finding } = numbers;
  if (finding === 'malformed') return 'hard';
  if (finding === 'noArtifact') return 'missing';
  if (finding !== 'checked') return 'noResult';
  const checks = checksOf(numbers, basis);
  if (checks.some(({ value, hardAbove }) => hardAbove !== null && value > hardAbove)) return 'hard';
  return checks.some(({ value, softAbove }) => value > softAbove) ? 'soft' : 'pass';
}

/** One thing that the numbers of an auditor are read against. */
export interface Check {
  readonly check: 'distance' | 'mismatches' | 'pooledMismatches' | 'surprise';
  /** Parts per billion of a distance, positions that differ, thousandths of what is pooled. */
  readonly value: number;
  readonly softAbove: number;
  /** Null where nothing is hard by this alone. */
  readonly hardAbove: number | null;
}

/** All that the numbers of an auditor who checked an answer are read against (§10.4, §10.12). */
export function checksOf(numbers: AuditNumbers, basis: OpinionBasis): Check[] {
  const { t1ThresholdPpb, mismatchesMilli, surprise } = basis;
  const { positions, t1Ppb } = numbers;
  const mismatches = mismatchesOf(numbers);
  // verification §4.7 What only the pool says needs a mismatch here too: earlier auditors alone convict nobody.
  const pooled = mismatches > 0 ? pooledMismatches(mismatchesMilli, numbers) : 0;
  const { excess, allowed } = surpriseDistance(surprise, numbers);
  const hardMismatches = Math.max(wholeParts(positions, HARD_PART), HARD_MISMATCHES - 1);
  return [
    { check: 'distance', value: t1Ppb, softAbove: t1ThresholdPpb, hardAbove: HARD_FACTOR * t1ThresholdPpb },
    {
      check: 'mismatches',
      value: mismatches,
      softAbove: wholeParts(positions, SOFT_PART),
      hardAbove: hardMismatches,
    },
    { check: 'pooledMismatches', value: pooled, softAbove: POOL_LIMIT_MILLI, hardAbove: null },
    { check: 'surprise', value: excess, softAbove: allowed, hardAbove: null },
  ];
}

const wholeParts = (count: number, part: bigint) => Number(BigInt(count) / part);

/** Decides on an audit by the table of §10.4. */
export function decide(opinions: readonly Opinion[], panel: Panel): Decision {
  // §10.2 A missing artifact says something about who keeps it, and nothing about the answer.
  const counted = opinions.filter((opinion) => opinion !== 'noResult' && opinion !== 'missing');
  const passes = counted.filter((opinion) => opinion === 'pass').length;
  const failures = counted.length - passes;
  const wanted = opinionsWanted(passes, failures, panel) - panel.atWork;
  if (wanted > 0 && !panel.isExhausted) return { verdict: null, wantedAuditors: wanted };
  if (panel.atWork > 0) return { verdict: null, wantedAuditors: 0 };
  if (counted.length === 0) return { verdict: 'noResult' };
  if (passes > failures) return { verdict: 'pass' };
  if (failures - passes < convictingLead(panel)) return { verdict: 'hung' };
  const hard = counted.filter((opinion) => opinion === 'hard').length;
  return { verdict: hard >= 2 ? 'hard' : 'soft' };
}

/** How many more opinions could decide at the least; none when those there are decide. */
function opinionsWanted(passes: number, failures: number, { firstAuditors }: Panel): number {
  if (failures === 0) return firstAuditors - passes;
  const toAcquit = ACQUITTING_LEAD - (passes - failures);
  const toConvict = CONVICTING_LEAD - (failures - passes);
  return Math.max(0, Math.min(toAcquit, toConvict));
}

function convictingLead({ isExhausted, drawn }: Panel): number {
  return isExhausted && drawn < limits.maxAuditorsPerTask ? LAST_CONVICTING_LEAD : CONVICTING_LEAD;
}
