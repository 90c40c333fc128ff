import { Pace, type Steps } from '../arithmetic/pace.ts';
import type { Table } from '../state/table.ts';
import { ConservationError } from './conservation.ts';

type Drifting = readonly Pick<Table<unknown>, 'driftUnits'>[];

/** Conservation is kept by running totals; after each settlement every row is counted, some of them in each block. */
export class Recount {
  readonly #pace = new Pace();
  readonly #steps: Steps<bigint>;

  constructor(tables: Drifting) {
    this.#steps = driftOf(tables, this.#pace);
  }

  /**
   * Goes on for as long as a settlement would with so many rows; gives whether all are counted. Throws a
   * ConservationError when they hold other than the totals say.
   */
  advance(rows: number): boolean {
    if (!this.#pace.refill(rows)) return false;
    const { done, value } = this.#steps.next();
    if (done !== true) return false;
    if (value !== 0n) throw new ConservationError(`the rows hold ${value} base units beyond their running totals`);
    return true;
  }
}

/** What the rows of all tables hold beyond their running totals. */
function* driftOf(tables: Drifting, pace: Pace): Steps<bigint> {
  let drift = 0n;
  for (const table of tables) drift += yield* table.driftUnits(pace);
  return drift;
}
