import { type CapacityScore, limits, type Pool, type PoolShare, type Ref } from '@assay/protocol';
import { apportionSteps } from '../arithmetic/apportion.ts';
import { PPB } from '../arithmetic/integers.ts';
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

interface Contestant {
  readonly miner: Ref<'miners'>;
  readonly passedPpb: bigint;
  readonly raw: CapacityRaw;
}

/** How what the work stack leaves was divided by measured capacity. */
interface Capacity {
  readonly pool: Pool;
  readonly scores: readonly CapacityScore[];
}

/**
 * Divides by what nobody can buy: stake, and what challenges measured, times the part of the record that passed
 * (economics §7.1). There is one competition over all domains, with the weights of the network.
 */
export function* capacityPool(work: Work, standings: readonly Standing[], units: bigint): Steps<Capacity> {
  const contestants = units === 0n ? [] : yield* contestantsOf(work, standings);
  const { stakeBps, hashRateBps, computeBps, bandwidthBps, latencyBps } = work.books.params.components;
  const column = (read: (raw: CapacityRaw) => bigint) => contestants.map(({ raw, passedPpb }) => read(raw) * passedPpb);
  const raws = [
    column((raw) => raw.stake),
    column((raw) => raw.hashRate),
    column((raw) => raw.bandwidth),
    column((raw) => raw.latency),
  ];
  const alphaBps = [stakeBps, hashRateBps + computeBps, bandwidthBps, latencyBps];
  const weights = yield* finals(raws, { contestants: contestants.length, alphaBps }, work.pace);
  const parts = yield* apportionSteps(units, weights, work.pace);
  const shares: PoolShare[] = [];
  const scores: CapacityScore[] = [];
  for (const [index, contestant] of contestants.entries()) {
    const [weight = 0n, emissionUnits = 0n] = [weights[index], parts[index]];
    scores.push({ ...contestant, finalPpb: weight / SHARE_PPB, weight, emissionUnits });
    if (weight > 0n) shares.push({ role: contestant.miner, weight, units: emissionUnits, limitUnits: null });
    if (work.pace.isSpent(READ)) yield;
  }
  return { pool: { source: 'emission', stack: 'capacity', kind: 'miner', units, shares }, scores };
}

function* contestantsOf({ books, pace }: Work, standings: readonly Standing[]): Steps<Contestant[]> {
  const { globals, params } = books;
  const held = heldOfMiners(books);
  const contestants: Contestant[] = [];
  for (const row of books.measures) {
    if (pace.isSpent(READ)) yield;
    const { miner } = row;
    const registered = books.miners.at(miner);
    const isFresh = row.epoch + limits.measuredEpochs > globals.epoch;
    const isThere = registered.status === 'active' && isRewarded(registered, globals.period, params.rewards);
    if (!isFresh || !isThere) continue;
    const byChallenges = measuredValues(row);
    const { latencyMs } = byChallenges;
    if (Object.values(byChallenges).every((value) => value === null)) continue;
    const capacity = capacityOf(registered, { heldUnits: held.get(miner) ?? 0n, byChallenges }, params.challenges);
    const latency = latencyMs === null ? 0n : latencyMicroOf(latencyMs);
    contestants.push({ miner, passedPpb: passedPpbOf(standings[miner]), raw: { ...capacity, latency } });
  }
  return contestants.toSorted((a, b) => a.miner - b.miner);
}

/** Who was never audited has failed nothing; trust, which begins at zero, would be had by buying. */
function passedPpbOf(standing: Standing | undefined): bigint {
  invariant(standing !== undefined, 'a miner that was measured has no row');
  return standing.passedMicro + standing.failedMicro === 0 ? PPB : successRatePpb(standing);
}
