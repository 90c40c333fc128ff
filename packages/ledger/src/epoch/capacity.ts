import type { CapacityScore, Params, Pool, PoolShare, Ref } from '@assay/protocol';
import { apportionSteps } from '../arithmetic/apportion.ts';
import { ALL_BPS, PPB } from '../arithmetic/integers.ts';
import { invariant } from '../arithmetic/invariant.ts';
import { READ, type Steps } from '../arithmetic/pace.ts';
import { latencyMicroOf } from '../batch/work.ts';
import { heldOfMiners } from '../stake/fines.ts';
import { measuredValues } from '../standing/measured.ts';
import { successRatePpb } from '../standing/standing.ts';
import type { Standing } from '../state/bring-forward.ts';
import { finals, SHARE_PPB } from './competition.ts';
import { capacityOf, isRewarded } from './contestants.ts';
import type { CapacityRaw } from './scores.ts';
import type { Work } from './work.ts';

/** A miner of whose challenges of the reward period at least one was answered right. */
interface Contestant {
  readonly miner: Ref<'miners'>;
  readonly right: number;
  readonly wrong: number;
  readonly passedPpb: bigint;
  readonly raw: CapacityRaw;
}

/** How what the work stack leaves was divided by measured capacity. */
interface Capacity {
  readonly pool: Pool;
  readonly scores: readonly CapacityScore[];
}

/**
 * Divides by what nobody can buy: the rate at which challenges were answered, times the parts of them and of the record
 * that passed, times what stake and line leave of it (economics §7.1). There is one competition over all domains, with
 * the weights of the network.
 */
export function* capacityPool(work: Work, standings: readonly Standing[], units: bigint): Steps<Capacity> {
  const contestants = units === 0n ? [] : yield* contestantsOf(work, standings);
  const factorOf = capacityFactor(
    contestants.map(({ raw }) => raw),
    work.books.params.components,
  );
  const factors: bigint[] = [];
  const products: bigint[] = [];
  for (const contestant of contestants) {
    const factorPpb = factorOf(contestant.raw);
    factors.push(factorPpb);
    products.push(capacityOfPeriod({ ...contestant, factorPpb }));
    if (work.pace.isSpent(READ)) yield;
  }
  const weights = yield* finals([products], { contestants: contestants.length, alphaBps: [ALL_BPS] }, work.pace);
  const parts = yield* apportionSteps(units, weights, work.pace);
  const shares: PoolShare[] = [];
  const scores: CapacityScore[] = [];
  for (const [index, contestant] of contestants.entries()) {
    const [weight = 0n, emissionUnits = 0n, factorPpb = 0n] = [weights[index], parts[index], factors[index]];
    scores.push({ ...contestant, factorPpb, finalPpb: weight / SHARE_PPB, weight, emissionUnits });
    if (weight > 0n) shares.push({ role: contestant.miner, weight, units: emissionUnits, limitUnits: null });
    if (work.pace.isSpent(READ)) yield;
  }
  return { pool: { source: 'emission', stack: 'capacity', kind: 'miner', units, shares }, scores };
}

/**
 * What of a verified rate stake, bandwidth and latency leave (economics §7.1.2): the mean by their weights of each as a
 * part of the largest among the contestants, parts per billion. None of them makes anything of a rate of zero.
 */
function capacityFactor(
  raws: readonly CapacityRaw[],
  { stakeBps, bandwidthBps, latencyBps }: Params['components'],
): (raw: CapacityRaw) => bigint {
  const weighed = (['stake', 'bandwidth', 'latency'] as const).flatMap((name, i) => {
    const most = largestOf(raws.map((raw) => raw[name]));
    const alpha = BigInt([stakeBps, bandwidthBps, latencyBps][i] ?? 0);
    return most === 0n || alpha === 0n ? [] : [{ name, most, alpha }];
  });
  const all = weighed.reduce((sum, { alpha }) => sum + alpha, 0n);
  return (raw) => {
    const parts = weighed.map(({ name, most, alpha }) => (alpha * raw[name] * PPB) / most);
    return all === 0n ? PPB : parts.reduce((sum, part) => sum + part, 0n) / all;
  };
}

function largestOf(values: readonly bigint[]): bigint {
  let most = 0n;
  for (const value of values) if (value > most) most = value;
  return most;
}

/** A miner's capacity: a product, which nothing but a right answer begins (economics §7.1). */
function capacityOfPeriod({
  right,
  wrong,
  passedPpb,
  raw,
  factorPpb,
}: Pick<CapacityScore, 'right' | 'wrong' | 'passedPpb' | 'raw' | 'factorPpb'>): bigint {
  if (right === 0) return 0n;
  const rightPpb = (BigInt(right) * PPB) / BigInt(right + wrong);
  return raw.hashRate * rightPpb * passedPpb * factorPpb;
}

function* contestantsOf({ books, pace }: Work, standings: readonly Standing[]): Steps<Contestant[]> {
  const { globals, params } = books;
  const held = heldOfMiners(books);
  const contestants: Contestant[] = [];
  for (const row of books.measures) {
    if (pace.isSpent(READ)) yield;
    const { miner, right, wrong } = row;
    const registered = books.miners.at(miner);
    const isVerified = row.period === globals.period && right > 0;
    const isThere = registered.status === 'active' && isRewarded(registered, globals.period, params.rewards);
    if (!isVerified || !isThere) continue;
    const byChallenges = measuredValues(row);
    const { latencyMs } = byChallenges;
    const capacity = capacityOf(registered, { heldUnits: held.get(miner) ?? 0n, byChallenges }, params.challenges);
    const latency = latencyMs === null ? 0n : latencyMicroOf(latencyMs);
    const passedPpb = passedPpbOf(standings[miner]);
    contestants.push({ miner, right, wrong, passedPpb, raw: { ...capacity, latency } });
  }
  return contestants.toSorted((a, b) => a.miner - b.miner);
}

/** Who was never audited has failed nothing; trust, which begins at zero, would be had by buying. */
function passedPpbOf(standing: Standing | undefined): bigint {
  invariant(standing !== undefined, 'a miner that was measured has no row');
  return standing.passedMicro + standing.failedMicro === 0 ? PPB : successRatePpb(standing);
}
