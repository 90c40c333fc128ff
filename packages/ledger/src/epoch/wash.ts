import { type CreditRow, type MinerRow, minerStatuses } from '@assay/protocol';
import { keyOf } from '../state.ts';
import { routingWeight } from '../weight.ts';
import type { ClosedBooks } from './books.ts';

/** Work and tokens of a miner that do not count. */
export interface Uncredited {
  readonly vwu: bigint;
  readonly tokens: bigint;
}

export const nothingLost: Uncredited = { vwu: 0n, tokens: 0n };

/**
 * What of each miner's work for single payers is above what draws would bring, by miner (economics §7.1). Random
 * assignment gives a miner its part of the routing weight of its domain; a payer's work for it counts up to
 * creditFactor times that part of all the payer bought there, and its largest task always, since one task cannot be
 * divided.
 */
export function uncreditedWork(books: ClosedBooks): Uncredited[] {
  const lost = Array.from(books.miners, () => nothingLost);
  const factor = BigInt(books.params.wash.creditFactor);
  if (factor === 0n) return lost;
  const weights = Array.from(books.miners, (row) => drawWeight(books, row));
  const domainWeights = sumsBy(weights.entries(), ([miner, weight]) => [domainOf(books, miner), weight]);
  const bought = sumsBy(books.credits, (row) => [marketOf(books, row), row.vwu]);
  for (const row of books.credits) {
    const domainWeight = domainWeights.get(domainOf(books, row.miner)) ?? 0n;
    const most = factor * (bought.get(marketOf(books, row)) ?? 0n) * (weights[row.miner] ?? 0n);
    const cap = domainWeight === 0n ? 0n : most / domainWeight;
    const credited = cap > row.largestVwu ? cap : row.largestVwu;
    const above = row.vwu - credited;
    if (above <= 0n) continue;
    const { vwu, tokens } = lost[row.miner] ?? nothingLost;
    lost[row.miner] = { vwu: vwu + above, tokens: tokens + (row.tokens * above) / row.vwu };
  }
  return lost;
}

/** By the trust the period began with: what was steered to a miner must not raise its part of the draws. */
function drawWeight({ params }: ClosedBooks, row: Readonly<MinerRow>): bigint {
  // A miner that left during the period was drawn in it.
  const wasDrawn = row.status === minerStatuses.active || row.epochTasks > 0;
  return wasDrawn ? routingWeight(row.periodTrustPpb, row.concurrency, params.audit.minRoutingTrustPpb) : 0n;
}

const domainOf = (books: ClosedBooks, miner: number): string => String(books.miners.at(miner).domain);

const marketOf = (books: ClosedBooks, { payer, miner }: Readonly<CreditRow>): string =>
  `${domainOf(books, miner)}/${keyOf(payer)}`;

function sumsBy<Item>(items: Iterable<Item>, pairOf: (item: Item) => [string, bigint]): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const item of items) {
    const [key, value] = pairOf(item);
    sums.set(key, value + (sums.get(key) ?? 0n));
  }
  return sums;
}
