import type { Params, Ref } from '@assay/protocol';
import { PPB } from '../arithmetic/integers.ts';
import { itemAt } from '../arithmetic/invariant.ts';
import { READ, type Steps } from '../arithmetic/pace.ts';
import { SHARE_PPB } from './competition.ts';
import type { Work } from './work.ts';

/** What the weak periods of a miner multiply its measured values with (economics §4.7). */
export function weakFactorPpb(weakPeriods: number, { belowPpb, reduceAfter, factorPpb }: Params['weak']): number {
  return belowPpb > 0 && weakPeriods >= reduceAfter ? factorPpb : Number(PPB);
}

/**
 * Counts the weak periods of those who competed: a Final, before any reduction for weak ones, below a part of the mean
 * is one more, else they begin again.
 */
export function* judgeWeak(
  { books, pace, write }: Work,
  contestants: readonly { readonly miner: Ref<'miners'>; readonly weakPeriods: number }[],
  weights: readonly bigint[],
): Steps {
  const { belowPpb } = books.params.weak;
  if (belowPpb === 0) return;
  const all = weights.reduce((sum, weight) => sum + weight, 0n);
  const count = BigInt(contestants.length);
  for (const [index, { miner, weakPeriods }] of contestants.entries()) {
    const final = itemAt(weights, index);
    const isWeak = final * count * PPB < all * BigInt(belowPpb);
    const periods = isWeak ? weakPeriods + 1 : 0;
    write((state, events) => {
      if (periods !== weakPeriods) state.miners.update(miner, { weakPeriods: periods });
      if (!isWeak) return;
      events.push({ type: 'scoreWeak', miner, periods, finalPpb: toPpb(final), meanPpb: toPpb(all / count) });
    });
    if (pace.isSpent(READ)) yield;
  }
}

function toPpb(share: bigint): bigint {
  return share / SHARE_PPB;
}
