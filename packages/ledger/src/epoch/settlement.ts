import type { MinerRow } from '@assay/protocol';
import { ConservationError } from '../conservation.ts';
import { forfeitsOf } from '../forfeits.ts';
import { ALL_BPS } from '../integers.ts';
import { Pace, type Steps, WRITE } from '../pace.ts';
import type { EmissionRate, EpochClose, LedgerEvent } from '../result.ts';
import type { LedgerState } from '../state.ts';
import { keptPpb } from '../trust.ts';
import { weightOf } from '../weight.ts';
import { availabilityAfter } from './availability.ts';
import type { ClosedBooks } from './books.ts';
import { mintable } from './burns.ts';
import { type Emission, emit } from './emission.ts';
import { updateLevel } from './levels.ts';
import { PayoutBook } from './payouts.ts';
import { endingPeriod, nextPeriod } from './period.ts';
import { prune } from './prune.ts';
import { payRevenue, type Revenue } from './revenue.ts';
import { updateTrust } from './trust.ts';
import type { Work } from './work.ts';

const nothing: Emission = { mintedUnits: 0n, pools: [], division: [], scores: [], capacity: [] };

/**
 * Settles an epoch over as many blocks as its rows need (§2.7). What it finds follows from the closed books alone, so
 * it is the same however it is spread.
 */
export class Settlement {
  readonly books: ClosedBooks;
  readonly #pace = new Pace();
  readonly #steps: Steps;
  readonly #events: LedgerEvent[] = [];

  constructor(state: LedgerState, books: ClosedBooks) {
    this.books = books;
    const isPeriodOver = endingPeriod(books) !== null;
    state.miners.changeLater(minerSettler(books, isPeriodOver));
    this.#steps = settle({ books, state, pace: this.#pace, events: this.#events });
  }

  /** Goes on for so many rows; gives what happened. */
  advance(rows: number): LedgerEvent[] {
    if (this.#pace.refill(rows)) this.#steps.next();
    return this.#events.splice(0);
  }
}

function* settle(work: Work): Steps {
  const { books, state, events } = work;
  const { epoch, epochStartMs, timeMs, height } = books.globals;
  const book = new PayoutBook(forfeitsOf(books));
  yield* settleMiners(work);
  const revenue = yield* payRevenue(work, book);
  const rate = rateAfter(books, revenue);
  const emission = rate === null ? nothing : yield* emit(work, { rate, burns: revenue.burns }, book);
  const payouts = yield* book.pay(work);
  prune(state, books, height);
  yield* recount(work);
  state.setGlobals({ settledEpochs: epoch + 1 });
  const { revenueUnits, burnedUnits, pool } = revenue;
  const { mintedUnits, pools, division, scores, capacity } = emission;
  const close: EpochClose = {
    ...{ epoch, durationMs: timeMs - epochStartMs, emission: rate, revenueUnits, burnedUnits, mintedUnits },
    ...{ payouts, scores, capacity, division, pools: [pool, ...pools] },
  };
  events.push({ type: 'epochClosed', close });
}

/** Conservation is kept by running totals; once an epoch every row is counted. */
function* recount({ state, pace }: Work): Steps {
  const drift = yield* state.driftUnits(pace);
  if (drift !== 0n) throw new ConservationError(`the rows hold ${drift} base units beyond their running totals`);
}

/** What a period that ends may mint, once it is known what its work burned (economics §7.2). */
function rateAfter(books: ClosedBooks, { burns }: Revenue): EmissionRate | null {
  const ending = endingPeriod(books);
  const isLimited = books.params.wash.mintOfBurnBps > 0;
  return ending && { ...ending, limitUnits: isLimited ? mintable(burns.totalUnits, books.params, ALL_BPS) : null };
}

const noCounts = { epochPassed: 0, epochFailed: 0, epochCertified: 0, epochLate: 0 };

/** What changes in a miner's row with its epoch: trust, level, availability and weight anew, counts from zero. */
function minerSettler({ params }: ClosedBooks, isPeriodOver: boolean) {
  const kept = keptPpb(params.audit.trustHalfLifeEpochs);
  return (row: Readonly<MinerRow>): Partial<MinerRow> | null => {
    const record = updateTrust(row, kept);
    const { level, streak } = updateLevel(row, record, params.levels);
    const availabilityPpb = availabilityAfter(row);
    const { passedMicro, failedMicro, trustPpb } = record;
    const weight = weightOf(row, { trustPpb, availabilityPpb }, params.audit);
    const standing = { passedMicro, failedMicro, trustPpb, level, streak, availabilityPpb, weight, ...noCounts };
    const next = isPeriodOver ? nextPeriod(row, trustPpb) : null;
    if (next !== null) return { ...standing, ...next };
    return isSame(row, standing) ? null : standing;
  };
}

function isSame(row: Readonly<MinerRow>, standing: Partial<MinerRow>): boolean {
  return (Object.keys(standing) as (keyof MinerRow)[]).every((name) => row[name] === standing[name]);
}

function* settleMiners({ books, state, pace, events }: Work): Steps {
  for (let miner = 0; miner < books.miners.length; miner++) {
    const before = books.miners.at(miner);
    state.miners.writeChange(miner);
    const { trustPpb, level } = state.miners.at(miner);
    if (trustPpb !== before.trustPpb) {
      events.push({ type: 'trustChanged', miner, fromPpb: before.trustPpb, toPpb: trustPpb });
    }
    if (level !== before.level) events.push({ type: 'levelChanged', miner, from: before.level, to: level });
    if (pace.isSpent(WRITE)) yield;
  }
}
