import type { HoldingRow, MinerRow, PaidKind, Payout, PayoutRow, Pool, PoolShare, Ref } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { apportion } from '../arithmetic/apportion.ts';
import { ALL_BPS, capped } from '../arithmetic/integers.ts';
import { itemAt } from '../arithmetic/invariant.ts';
import { type Pace, READ, type Steps, WRITE } from '../arithmetic/pace.ts';
import type { Forfeit } from '../stake/forfeits.ts';
import type { ClosedBooks } from '../state/books.ts';
import { keyOf, type LedgerState } from '../state/state.ts';
import type { Limit } from './burns.ts';
import { type HeldRewards, holdRewards } from './forfeits.ts';
import { backersBpsOf, holderParts } from './holders.ts';
import type { Work } from './work.ts';

/** What a payout was earned from. */
type Earned = Pick<Payout, 'source' | 'stack'>;

/** What the stakers of one miner get together. */
interface StakersPart extends Earned {
  readonly miner: Ref<'miners'>;
  readonly units: bigint;
}

/** What is to be divided among the holders of one model. */
interface Royalty {
  readonly source: Payout['source'];
  readonly model: Ref<'models'>;
  readonly units: bigint;
}

const TREASURY = new Uint8Array(20);

/** What an epoch pays, gathered by account and reason before it is credited. */
export class PayoutBook {
  readonly #payouts: Payout[] = [];
  /** Where the revenue of an account and reason stands; what is minted comes up once for each. */
  readonly #indexOf = new Map<string, number>();
  readonly #stakers = new Map<string, StakersPart>();
  readonly #forfeits: ReadonlyMap<Ref<'miners'>, Forfeit>;
  readonly #held = new Map<Ref<'miners'>, HeldRewards>();
  readonly #royalties = { revenue: new Map<Ref<'models'>, bigint>(), emission: new Map<Ref<'models'>, bigint>() };

  /** `forfeits` are the miners whose rewards go into a case. */
  constructor(forfeits: ReadonlyMap<Ref<'miners'>, Forfeit> = new Map()) {
    this.#forfeits = forfeits;
  }

  add(payout: Payout): void {
    const { source, stack, kind, role, account, units } = payout;
    if (units === 0n) return;
    if (source === 'emission') {
      this.#payouts.push(payout);
      return;
    }
    const key = `${stack}/${kind}/${role}/${keyOf(account)}`;
    const index = this.#indexOf.get(key);
    const known = index === undefined ? undefined : this.#payouts[index];
    if (index === undefined || known === undefined) this.#indexOf.set(key, this.#payouts.push(payout) - 1);
    else this.#payouts[index] = { ...known, units: known.units + units };
  }

  addTreasury(source: Payout['source'], units: bigint): void {
    this.add({ account: TREASURY, source, stack: 'treasury', kind: null, role: null, units });
  }

  /**
   * A miner's part, divided between its operator, its owner and its stakers (economics §2.3). The stakers' part is the
   * owner's while nobody stakes.
   */
  addMiner(books: ClosedBooks, earned: Earned, miner: Ref<'miners'>, units: bigint): void {
    const { source } = earned;
    const forfeit = this.#forfeits.get(miner);
    if (forfeit !== undefined && (source === 'emission' || forfeit.hasRevenue)) {
      this.#hold(forfeit, source, miner, units);
      return;
    }
    const { operator, owner, split, delegatedUnits } = books.miners.at(miner);
    const reason = { ...earned, kind: 'miner', role: miner } as const;
    const isWhole = split.operatorBps === ALL_BPS;
    const [operatorUnits = 0n, ownerPart = 0n, stakersUnits = 0n] = isWhole ? [units] : apportion(units, bpsOf(split));
    const ownerUnits = delegatedUnits === 0n ? ownerPart + stakersUnits : ownerPart;
    if (equalBytes(operator, owner)) this.add({ ...reason, account: operator, units: operatorUnits + ownerUnits });
    else {
      this.add({ ...reason, account: operator, units: operatorUnits });
      this.add({ ...reason, account: owner, units: ownerUnits });
    }
    if (delegatedUnits > 0n) this.#addStakers({ ...earned, miner, units: stakersUnits });
  }

  /** A model's part; all of one source are divided once, among shareholders and backers (economics §2.4, §2.5). */
  addModel(source: Payout['source'], model: Ref<'models'>, units: bigint): void {
    const royalties = this.#royalties[source];
    royalties.set(model, (royalties.get(model) ?? 0n) + units);
  }

  /** Credits everything; gives the payouts in the order in which they first came up. */
  *pay({ books, pace, write }: Work): Steps<Payout[]> {
    yield* this.#divideAmongStakers(books, pace);
    yield* this.#divideAmongHolders(books, pace);
    for (const rewards of this.#held.values()) {
      write((state, events) => events.push(holdRewards(state, rewards)));
      if (pace.isSpent(WRITE)) yield;
    }
    write((state) => state.payouts.retain(() => false));
    let paidUnits = 0n;
    const settle = () =>
      write((state) => {
        state.setGlobals({ settlingUnits: state.globals.settlingUnits - paidUnits });
        paidUnits = 0n;
      });
    for (const payout of this.#payouts) {
      write((state) => {
        pay(state, payout, books.globals.epoch);
        paidUnits += payout.units;
      });
      if (!pace.isSpent(WRITE)) continue;
      settle();
      yield;
    }
    settle();
    return this.#payouts;
  }

  #hold({ case: id }: Forfeit, source: Payout['source'], miner: Ref<'miners'>, units: bigint): void {
    const known = this.#held.get(miner) ?? { case: id, miner, revenueUnits: 0n, emissionUnits: 0n };
    const field = source === 'revenue' ? 'revenueUnits' : 'emissionUnits';
    this.#held.set(miner, { ...known, [field]: known[field] + units });
  }

  #addStakers(part: StakersPart): void {
    const key = `${part.source}/${part.stack}/${part.miner}`;
    this.#stakers.set(key, { ...part, units: part.units + (this.#stakers.get(key)?.units ?? 0n) });
  }

  *#divideAmongHolders(books: ClosedBooks, pace: Pace): Steps {
    const holdings = yield* groups(books.holdings, (row) => row.model, pace);
    for (const source of ['revenue', 'emission'] as const) {
      for (const [model, units] of this.#royalties[source]) {
        this.#addHolders(books, { source, model, units }, holdings.get(model) ?? []);
        if (pace.isSpent(READ)) yield;
      }
    }
  }

  #addHolders(books: ClosedBooks, { source, model, units }: Royalty, holdings: readonly Readonly<HoldingRow>[]): void {
    for (const { holder, shareUnits, backerUnits } of holderParts(
      holdings,
      units,
      backersBpsOf(books.params, source),
    )) {
      const reason = { source, stack: 'creators', role: model, account: holder } as const;
      this.add({ ...reason, kind: 'model', units: shareUnits });
      this.add({ ...reason, kind: 'backer', units: backerUnits });
    }
  }

  /** The stakers' parts of all tasks of a miner are divided once, by stake. */
  *#divideAmongStakers(books: ClosedBooks, pace: Pace): Steps {
    if (this.#stakers.size === 0) return;
    const delegations = yield* groups(books.delegations, (row) => row.miner, pace);
    for (const { source, stack, miner, units } of this.#stakers.values()) {
      const rows = delegations.get(miner) ?? [];
      const parts = apportion(
        units,
        rows.map((row) => row.stakeUnits),
      );
      for (const [index, { staker }] of rows.entries()) {
        const reason = { source, stack, kind: 'staker', role: miner } as const;
        this.add({ ...reason, account: staker, units: itemAt(parts, index) });
      }
      if (pace.isSpent(READ)) yield;
    }
  }
}

const bpsOf = ({ operatorBps, ownerBps, stakersBps }: MinerRow['split']) =>
  [operatorBps, ownerBps, stakersBps].map(BigInt);

function* groups<Row>(
  rows: Iterable<Readonly<Row>>,
  keyOfRow: (row: Readonly<Row>) => number,
  pace: Pace,
): Steps<ReadonlyMap<number, readonly Readonly<Row>[]>> {
  const groups = new Map<number, Readonly<Row>[]>();
  for (const row of rows) {
    const key = keyOfRow(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
    if (pace.isSpent(READ)) yield;
  }
  return groups;
}

/**
 * Divides `units` by weight, and keeps back what is above somebody's limit; contestants without a weight get nothing
 * and are left out.
 */
export function shareOut(
  reason: Earned & { readonly kind: PaidKind },
  units: bigint,
  { weights, limitOf }: { readonly weights: readonly bigint[]; readonly limitOf?: Limit },
): Pool {
  const parts = apportion(units, weights);
  const shares: PoolShare[] = [];
  for (const [role, weight] of weights.entries()) {
    if (weight > 0n) shares.push(shareOf({ role, weight, units: itemAt(parts, role) }, limitOf?.(role) ?? null));
  }
  return { ...reason, units, shares };
}

/** A share, no more of it than its limit. */
export function shareOf(share: Omit<PoolShare, 'limitUnits'>, limitUnits: bigint | null): PoolShare {
  return { ...share, units: limitUnits === null ? share.units : capped(share.units, limitUnits), limitUnits };
}

function pay(state: LedgerState, payout: Payout, epoch: number): void {
  const { kind, account, units } = payout;
  state.payouts.push(rowOf(payout, epoch));
  if (kind === null) state.setGlobals({ treasuryUnits: state.globals.treasuryUnits + units });
  else state.credit(account, units);
}

/** A payout as the state keeps it (§2.9). */
function rowOf({ account, source, stack, kind, role, units }: Payout, epoch: number): PayoutRow {
  return { epoch, account, source, stack, kind: kind ?? 'treasury', role: role ?? 0, units };
}
