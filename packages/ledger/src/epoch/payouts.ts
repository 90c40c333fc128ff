import { apportion } from '../apportion.ts';
import type { PaidKind, Payout, Pool, PoolShare } from '../result.ts';
import { keyOf } from '../state.ts';
import type { ClosedBooks } from './books.ts';
import { backersBpsOf, holderParts } from './holders.ts';
import type { Steps, Work } from './pace.ts';

/** What the stakers of one miner get together. */
interface StakersPart {
  readonly source: Payout['source'];
  readonly miner: number;
  readonly units: bigint;
}

const TREASURY = new Uint8Array(20);

/** What an epoch pays, gathered by account and reason, then credited at once. */
export class PayoutBook {
  readonly #payouts = new Map<string, Payout>();
  readonly #stakers = new Map<string, StakersPart>();
  readonly #royalties = { revenue: new Map<number, bigint>(), emission: new Map<number, bigint>() };

  add(payout: Payout): void {
    if (payout.units === 0n) return;
    const { source, stack, kind, role, account } = payout;
    const key = `${source}/${stack}/${kind}/${role}/${keyOf(account)}`;
    const known = this.#payouts.get(key);
    this.#payouts.set(key, known === undefined ? payout : { ...payout, units: known.units + payout.units });
  }

  addTreasury(source: Payout['source'], units: bigint): void {
    this.add({ account: TREASURY, source, stack: 'treasury', kind: null, role: null, units });
  }

  /**
   * A miner's part, divided between its operator, its owner and its stakers (economics §2.3). The stakers' part is the
   * owner's while nobody stakes.
   */
  addMiner(books: ClosedBooks, source: Payout['source'], miner: number, units: bigint): void {
    const { operator, owner, split, delegatedUnits } = books.miners.at(miner);
    const bps = [split.operatorBps, split.ownerBps, split.stakersBps].map(BigInt);
    const [operatorUnits = 0n, ownerUnits = 0n, stakersUnits = 0n] = apportion(units, bps);
    const reason = { source, stack: 'miners', kind: 'miner', role: miner } as const;
    this.add({ ...reason, account: operator, units: operatorUnits });
    this.add({ ...reason, account: owner, units: delegatedUnits === 0n ? ownerUnits + stakersUnits : ownerUnits });
    if (delegatedUnits > 0n) this.#addStakers({ source, miner, units: stakersUnits });
  }

  /** A model's part; all of one source are divided once, among shareholders and backers (economics §2.4, §2.5). */
  addModel(source: Payout['source'], model: number, units: bigint): void {
    const royalties = this.#royalties[source];
    royalties.set(model, (royalties.get(model) ?? 0n) + units);
  }

  /** Credits everything; gives the payouts in the order in which they first came up. */
  *pay({ books, state, pace }: Work): Steps<Payout[]> {
    this.#divideAmongStakers(books);
    this.#divideAmongHolders(books);
    const payouts = [...this.#payouts.values()];
    for (const { kind, account, units } of payouts) {
      const { treasuryUnits, settlingUnits } = state.globals;
      if (kind !== null) state.credit(account, units);
      const toTreasury = kind === null ? units : 0n;
      state.setGlobals({ treasuryUnits: treasuryUnits + toTreasury, settlingUnits: settlingUnits - units });
      if (pace.isSpent()) yield;
    }
    return payouts;
  }

  #addStakers(part: StakersPart): void {
    const key = `${part.source}/${part.miner}`;
    this.#stakers.set(key, { ...part, units: part.units + (this.#stakers.get(key)?.units ?? 0n) });
  }

  #divideAmongHolders(books: ClosedBooks): void {
    const holdings = Map.groupBy(books.holdings, (row) => row.model);
    for (const source of ['revenue', 'emission'] as const) {
      for (const [model, units] of this.#royalties[source]) {
        const parts = holderParts(holdings.get(model) ?? [], units, backersBpsOf(books.params, source));
        for (const { holder, shareUnits, backerUnits } of parts) {
          const reason = { source, stack: 'creators', role: model, account: holder } as const;
          this.add({ ...reason, kind: 'model', units: shareUnits });
          this.add({ ...reason, kind: 'backer', units: backerUnits });
        }
      }
    }
  }

  /** The stakers' parts of all tasks of a miner are divided once, by stake. */
  #divideAmongStakers(books: ClosedBooks): void {
    if (this.#stakers.size === 0) return;
    const delegations = Map.groupBy(books.delegations, (row) => row.miner);
    for (const { source, miner, units } of this.#stakers.values()) {
      const rows = delegations.get(miner) ?? [];
      const parts = apportion(
        units,
        rows.map((row) => row.stakeUnits),
      );
      for (const [index, { staker }] of rows.entries()) {
        const reason = { source, stack: 'miners', kind: 'staker', role: miner } as const;
        this.add({ ...reason, account: staker, units: parts[index] ?? 0n });
      }
    }
  }
}

/** Divides `units` by weight; contestants without a weight get nothing and are left out. */
export function shareOut(
  reason: { readonly source: Payout['source']; readonly stack: Payout['stack']; readonly kind: PaidKind },
  units: bigint,
  weights: readonly bigint[],
): Pool {
  const parts = apportion(units, weights);
  const shares: PoolShare[] = [];
  for (const [role, weight] of weights.entries()) {
    if (weight > 0n) shares.push({ role, weight, units: parts[role] ?? 0n });
  }
  return { ...reason, units, shares };
}
