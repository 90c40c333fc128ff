import type { MinerRow, Params } from '@assay/protocol';
import { isqrt, PPB } from '../arithmetic/integers.ts';
import { EJECTION_MILLI } from './standing.ts';

const ONE = Number(PPB);
/** z and z² of the one-sided 95 % bound, thousandths and millionths. */
const Z_MILLI = 1645n;
const Z_SQUARED_MICRO = 2_706_025n;
/** A new record begins with one failure and no pass: its bound is exactly zero. */
const PRIOR_FAILED_MICRO = 1_000_000n;
const MICRO = 1_000_000n;
/**
 * Without logprobs an answer can be checked less well: trust stays below this, and audits come this many times as
 * often.
 */
const TEXT_ONLY_CEILING_PPB = 700_000_000;
const TEXT_ONLY_RATE_FACTOR = 3;

/**
 * Trust, parts per billion: the Wilson lower bound (z = 1.645) of the record with one failure added (verification
 * §4.2). Counts in millionths of an audit; integers only, rounded down.
 */
export function trustPpbOf(passedMicro: bigint, failedMicro: bigint): number {
  const failed = failedMicro + PRIOR_FAILED_MICRO;
  const total = passedMicro + failed;
  // With s passes of n: (s + z²/2 − z·√(s(n−s)/n + z²/4)) / (n + z²); the root is taken in 10⁻⁹, the rest follows.
  const underRoot = (passedMicro * failed * 4n * MICRO) / total + Z_SQUARED_MICRO * MICRO;
  const rootNano = isqrt(underRoot * MICRO) / 2n;
  const lowNano = passedMicro * 1000n + Z_SQUARED_MICRO * 500n - (Z_MILLI * rootNano) / 1000n;
  return lowNano <= 0n ? 0 : Number((lowNano * PPB) / ((total + Z_SQUARED_MICRO) * 1000n));
}

/** Trust a miner may reach with the evidence it gives (verification §4.3). */
export function cappedTrust(trustPpb: number, evidenceLevel: number): number {
  return evidenceLevel === 0 ? Math.min(trustPpb, TEXT_ONLY_CEILING_PPB) : trustPpb;
}

/**
 * Part of a record that is left after one epoch, parts per billion: 2^(−1/halfLife), the largest integer whose
 * `halfLifeEpochs`-th power, rounded down at each multiplication, is at most one half (verification §4.1).
 */
export function keptPpb(halfLifeEpochs: number): bigint {
  let low = 0n;
  let high = PPB;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (powerOf(middle, halfLifeEpochs) * 2n <= SCALE) low = middle;
    else high = middle;
  }
  return low;
}

const SCALE = PPB * PPB;

/** (basePpb / 10⁹)^exponent in 10⁻¹⁸. */
function powerOf(basePpb: bigint, exponent: number): bigint {
  let result = SCALE;
  let square = basePpb * PPB;
  for (let rest = BigInt(exponent); rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) / SCALE;
    square = (square * square) / SCALE;
  }
  return result;
}

/**
 * Chance that a task of a miner is audited, parts per billion (§10.1): all of a new miner's, of one that is hardly
 * trusted, of one that owes results and of one about whose ejection a case decides, from there falling in a straight
 * line to the floor at full trust; three times as often when it gives no logprobs.
 */
export function auditRatePpb(
  { newMinerTasks, floorPpb, minRoutingTrustPpb }: Params['audit'],
  miner: Pick<MinerRow, 'audited' | 'trustPpb' | 'evidenceLevel' | 'resultsOwed' | 'cusumMilli' | 'engineUnknown'>,
): number {
  if (miner.resultsOwed > 0 || miner.engineUnknown) return ONE; // §10.13, §10.13.1
  if (miner.cusumMilli >= EJECTION_MILLI) return ONE; // §10.16
  if (miner.audited < newMinerTasks || miner.trustPpb <= minRoutingTrustPpb) return ONE;
  const distrust = BigInt(ONE - miner.trustPpb);
  const above = (BigInt(ONE - floorPpb) * distrust) / BigInt(ONE - minRoutingTrustPpb);
  const rate = floorPpb + Number(above);
  return miner.evidenceLevel === 0 ? Math.min(rate * TEXT_ONLY_RATE_FACTOR, ONE) : rate;
}
