import type { LedgerEvent } from '../result.ts';
import type { LedgerState } from '../state.ts';
import type { ClosedBooks } from './books.ts';

/** A step of a settlement: it yields when the block's rows are used up, and goes on with the next block. */
export type Steps<Result = void> = Generator<void, Result, void>;

/** The rows a block has for a settlement. Rows are counted, not time: every node stops at the same one. */
export class Pace {
  #left = 0;

  /** Gives the next block its rows. */
  refill(rows: number): void {
    this.#left = rows;
  }

  /** Counts a row; gives whether it was the block's last, so that the step must yield. */
  isSpent(): boolean {
    this.#left -= 1;
    return this.#left <= 0;
  }
}

/** What every step of a settlement works with. */
export interface Work {
  /** What it reads. */
  readonly books: ClosedBooks;
  /** What it changes; blocks go on changing it too. */
  readonly state: LedgerState;
  readonly pace: Pace;
  readonly events: LedgerEvent[];
}
