import type { Ref } from '@assay/protocol';
import { capped } from '../arithmetic/integers.ts';
import { type Pace, READ, type Steps } from '../arithmetic/pace.ts';
import { keyOf, type LedgerView } from '../state/state.ts';

interface Rated {
  readonly payer: string;
  readonly miner: Ref<'miners'>;
  /** Σ rating × spent. */
  readonly weighted: bigint;
}

/**
 * Feedback of each miner that has any: its payers' spend-weighted mean ratings × what they spent, of which at most a
 * cap of each payer's whole spending counts (economics §4.5).
 */
export function* feedbackOf(
  { ratings, params }: Pick<LedgerView, 'ratings' | 'params'>,
  pace: Pace,
): Steps<ReadonlyMap<Ref<'miners'>, bigint>> {
  const spent = new Map<string, bigint>();
  const rated = new Map<string, Rated>();
  for (const { payer: address, miner, rating, spentUnits } of ratings) {
    const payer = keyOf(address);
    const key = `${miner}/${payer}`;
    spent.set(payer, (spent.get(payer) ?? 0n) + spentUnits);
    const weighted = (rated.get(key)?.weighted ?? 0n) + BigInt(rating) * spentUnits;
    rated.set(key, { payer, miner, weighted });
    if (pace.isSpent(READ)) yield;
  }
  const feedback = new Map<Ref<'miners'>, bigint>();
  for (const { payer, miner, weighted } of rated.values()) {
    const all = spent.get(payer) ?? 0n;
    if (pace.isSpent(READ)) yield;
    if (all === 0n) continue;
    const part = (weighted * capped(all, params.feedbackCapUnits)) / all;
    feedback.set(miner, (feedback.get(miner) ?? 0n) + part);
  }
  return feedback;
}
