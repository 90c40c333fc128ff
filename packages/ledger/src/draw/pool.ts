import type { AuditNumbers, MinerRow, Surprise } from '@assay/protocol';
import { isqrt } from '../arithmetic/integers.ts';

/** Positions over which mismatches are pooled, and how many of them are too many. */
const POOL_POSITIONS = 256;
export const POOL_LIMIT_MILLI = 4000;

/** Positions over which surprise is pooled, and the bound of verification §3.5: 2L and 2Lb/3 in thousandths. */
const SURPRISE_POSITIONS = 1024;
const SURPRISE_PER_VARIANCE_MILLI = 27_700n;
const SURPRISE_PER_EXCESS_MILLI = 55_400n;

/** What is pooled of a miner over its audits. */
export type Pooled = Readonly<Pick<MinerRow, 'mismatchesMilli' | 'surprise'>>;

/**
 * What is pooled after one more audit. Of several auditors' numbers those with the fewest mismatches count, and those
 * whose surprise is nearest to what is expected; of a single auditor no surprise does, since all of it may be invented
 * (verification §4.7, §3.5).
 */
export function pooledAfter({ mismatchesMilli, surprise }: Pooled, checked: readonly AuditNumbers[]): Pooled {
  const fewest = leastBy(checked, mismatchesOf);
  const nearest = checked.length < 2 ? undefined : leastBy(checked, ({ surprise: own }) => Math.abs(excessMilli(own)));
  return {
    mismatchesMilli: fewest === undefined ? mismatchesMilli : pooledMismatches(mismatchesMilli, fewest),
    surprise: nearest === undefined ? surprise : pooledSurprise(surprise, nearest),
  };
}

/** The first of those with the least value. */
function leastBy<Item>(items: readonly Item[], measure: (item: Item) => number): Item | undefined {
  return items.toSorted((a, b) => measure(a) - measure(b))[0];
}

/** Positions at which the registered model differs: by its likeliest token or by its choice, whichever is more. */
export function mismatchesOf({ argmaxMismatches, choiceMismatches }: AuditNumbers): number {
  return Math.max(argmaxMismatches, choiceMismatches);
}

/** A miner's pooled mismatches with those of one more audit, thousandths (verification §4.7). */
export function pooledMismatches(mismatchesMilli: number, numbers: AuditNumbers): number {
  return keptOf(mismatchesMilli, numbers, POOL_POSITIONS) + 1000 * mismatchesOf(numbers);
}

/** A miner's pooled surprise with that of one more audit (verification §3.5). */
export function pooledSurprise(before: Surprise, numbers: AuditNumbers): Surprise {
  const pooled = (part: keyof Surprise) => keptOf(before[part], numbers, SURPRISE_POSITIONS) + numbers.surprise[part];
  return {
    surpriseMilli: pooled('surpriseMilli'),
    expectedMilli: pooled('expectedMilli'),
    varianceMilli: pooled('varianceMilli'),
  };
}

/** What is left of a pool of so many positions when those of one more audit come in. */
function keptOf(milli: number, { positions }: AuditNumbers, poolPositions: number): number {
  const kept = poolPositions - Math.min(positions, poolPositions);
  return Number((BigInt(milli) * BigInt(kept)) / BigInt(poolPositions));
}

/** By how much tokens are more surprising than what they are said to be drawn from, or less, thousandths of a nat. */
const excessMilli = ({ surpriseMilli, expectedMilli }: Surprise): number => surpriseMilli - expectedMilli;

/**
 * verification §3.5 How far the pooled tokens are from what they are said to be drawn from, and how far tokens that the
 * model drew itself come with a chance of one in a million, thousandths of a nat. Tokens that do not point the same way
 * as those before are at no distance.
 */
export function surpriseDistance(before: Surprise, numbers: AuditNumbers): { excess: number; allowed: number } {
  const pooled = pooledSurprise(before, numbers);
  const excess = excessMilli(pooled);
  // The largest e with e² ≤ perVariance · V + perExcess · e.
  const perExcess = SURPRISE_PER_EXCESS_MILLI;
  const underRoot = perExcess * perExcess + 4n * SURPRISE_PER_VARIANCE_MILLI * BigInt(pooled.varianceMilli);
  return {
    excess: excess * excessMilli(numbers.surprise) > 0 ? Math.abs(excess) : 0,
    allowed: Number((perExcess + isqrt(underRoot)) / 2n),
  };
}
