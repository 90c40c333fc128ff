import type { EmissionRate, EpochClose, LedgerEvent } from '@assay/protocol';
import { ALL_BPS } from '../arithmetic/integers.ts';
import { Pace, type Steps, WRITE } from '../arithmetic/pace.ts';
import { forfeitsOf } from '../stake/forfeits.ts';
import type { ClosedBooks } from '../state/books.ts';
import type { Settling, Standing } from '../state/bring-forward.ts';
import { endingPeriod } from '../state/period.ts';
import type { LedgerState } from '../state/state.ts';
import { mintable } from './burns.ts';
import { type Emission, emit } from './emission.ts';
import { PayoutBook } from './payouts.ts';
import { payRevenue, type Revenue } from './revenue.ts';
import type { Work } from './work.ts';

const nothing: Emission = { mintedUnits: 0n, pools: [], division: [], scores: [], capacity: [] };

/**
 * Settles an epoch over as many blocks as its rows need (§2.7). What it finds follows from the closed books alone, so
 * it is the same however it is spread; and how far it has come follows from the number of its blocks. So a state has
 * all of it, and what a settlement has in memory can be worked out again.
 */
export class Settlement {
  readonly books: ClosedBooks;
  readonly #pace = new Pace();
  readonly #steps: Steps;
  #events: LedgerEvent[] = [];
  #isRepeating = false;

  /** Begins the settlement of an epoch that a state has just ended. */
  constructor(state: LedgerState, settling: Settling) {
    this.books = settling.books;
    const write: Work['write'] = (change) => {
      if (!this.#isRepeating) change(state, this.#events);
    };
    this.#steps = settle({ ...settling, pace: this.#pace, write });
  }

  /**
   * Takes up the settlement that a state is in the middle of, by going through its blocks so far; null when there is
   * none. Throws an Error when the state contradicts itself.
   */
  static of(state: LedgerState): Settlement | null {
    const { settling, globals, params } = state;
    const { epoch, settledEpochs } = globals;
    if (settling === null && settledEpochs === epoch) return null;
    if (settling?.books.globals.epoch !== settledEpochs || epoch !== settledEpochs + 1) {
      throw new Error(
        `The state says that ${settledEpochs} of ${epoch} epochs are settled, but has no books of the next.`,
      );
    }
    const settlement = new Settlement(state, settling);
    settlement.#isRepeating = true;
    for (let { height } = settling.books.globals; height <= globals.height; height++) {
      if (settlement.#advance(params.settlementRows)) {
        throw new Error(`The state says that epoch ${settledEpochs} is half settled, but all of it is done.`);
      }
    }
    settlement.#isRepeating = false;
    return settlement;
  }

  /** Goes on for so many rows; gives what happened. */
  advance(rows: number): LedgerEvent[] {
    this.#advance(rows);
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** Whether that was the end. */
  #advance(rows: number): boolean {
    return this.#pace.refill(rows) && this.#steps.next().done === true;
  }
}

function* settle(work: Work): Steps {
  const { books, write } = work;
  const { epoch, epochStartMs, timeMs } = books.globals;
  const book = new PayoutBook(forfeitsOf(books));
  const standings = yield* settleMiners(work);
  const revenue = yield* payRevenue(work, book);
  const rate = rateAfter(books, revenue);
  const emission = rate === null ? nothing : yield* emit(work, { rate, burns: revenue.burns, standings }, book);
  const payouts = yield* book.pay(work);
  const { revenueUnits, burnedUnits, pool } = revenue;
  const { mintedUnits, pools, division, scores, capacity } = emission;
  const close: EpochClose = {
    epoch,
    durationMs: timeMs - epochStartMs,
    emission: rate,
    revenueUnits,
    burnedUnits,
    mintedUnits,
    payouts,
    scores,
    capacity,
    division,
    pools: [pool, ...pools],
  };
  write((state, events) => {
    state.endSettlement();
    events.push({ type: 'epochClosed', close });
  });
}

/** What a period that ends may mint, once it is known what its work burned (economics §7.2). */
function rateAfter(books: ClosedBooks, { burns }: Revenue): EmissionRate | null {
  const ending = endingPeriod(books);
  const isLimited = books.params.wash.mintOfBurnBps > 0;
  return ending && { ...ending, limitUnits: isLimited ? mintable(burns.totalUnits, books.params, ALL_BPS) : null };
}

/** Brings the miners forward; gives the standing that the books alone bring each of them to. */
function* settleMiners({ books, forwardOf, pace, write }: Work): Steps<Standing[]> {
  const standings: Standing[] = [];
  for (let miner = 0; miner < books.miners.length; miner++) {
    const before = books.miners.at(miner);
    const { passedMicro, failedMicro, trustPpb, level, availabilityPpb } = forwardOf(before);
    standings.push({ passedMicro, failedMicro, trustPpb, level, availabilityPpb });
    write((state, events) => {
      state.miners.bringForward(miner);
      const after = state.miners.standing(miner);
      if (after.trustPpb !== before.trustPpb) {
        events.push({ type: 'trustChanged', miner, fromPpb: before.trustPpb, toPpb: after.trustPpb });
      }
      if (after.level !== before.level) {
        events.push({ type: 'levelChanged', miner, from: before.level, to: after.level });
      }
    });
    if (pace.isSpent(WRITE)) yield;
  }
  return standings;
}
