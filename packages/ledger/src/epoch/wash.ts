import { type CreditRow, type MinerRow, roleStatuses } from '@assay/protocol';
import { type Pace, READ, type Steps } from '../pace.ts';
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
export function* uncreditedWork(books: ClosedBooks, pace: Pace): Steps<ReadonlyMap<number, Uncredited>> {
  const lost = new Map<number, Uncredited>();
  const factor = BigInt(books.params.wash.creditFactor);
  if (factor === 0n || books.credits.length === 0) return lost;
  const domainWeights = new Map<number, bigint>();
  for (const row of books.miners) {
    addTo(domainWeights, row.domain, drawWeight(books, row));
    if (pace.isSpent(READ)) yield;
  }
  const bought = new Map<string, bigint>();
  for (const row of books.credits) {
    addTo(bought, marketOf(books, row), row.vwu);
    if (pace.isSpent(READ)) yield;
  }
  for (const row of books.credits) {
    if (pace.isSpent(READ)) yield;
    const miner = books.miners.at(row.miner);
    const domainWeight = domainWeights.get(miner.domain) ?? 0n;
    const most = factor * (bought.get(marketOf(books, row)) ?? 0n) * drawWeight(books, miner);
    const cap = domainWeight === 0n ? 0n : most / domainWeight;
    const credited = cap > row.largestVwu ? cap : row.largestVwu;
    const above = row.vwu - credited;
    if (above <= 0n) continue;
    const { vwu, tokens } = lost.get(row.miner) ?? nothingLost;
    lost.set(row.miner, { vwu: vwu + above, tokens: tokens + (row.tokens * above) / row.vwu });
  }
  return lost;
}

/** By the trust the period began with: what was steered to a miner must not raise its part of the draws. */
function drawWeight({ params }: ClosedBooks, row: Readonly<MinerRow>): bigint {
  // A miner that left during the period was drawn in it.
  const wasDrawn = row.status === roleStatuses.active || row.epochTasks > 0;
  return wasDrawn ? routingWeight(row.periodTrustPpb, row.concurrency, params.audit.minRoutingTrustPpb) : 0n;
}

const marketOf = (books: ClosedBooks, { payer, miner }: Readonly<CreditRow>): string =>
  `${books.miners.at(miner).domain}/${keyOf(payer)}`;

function addTo<Key>(sums: Map<Key, bigint>, key: Key, value: bigint): void {
  sums.set(key, (sums.get(key) ?? 0n) + value);
}
