import { invariant } from './invariant.ts';
/** A step of a settlement: it yields when the block's rows are used up, and goes on with the next block. */
export type Steps<Result = void> = Generator<void, Result, void>;

/** What a row costs that is only read, and one that is written and hashed again. */
export const READ = 1;
export const WRITE = 4;

/** The rows that blocks have for a settlement. Rows are counted, not time: every node stops at the same one. */
export class Pace {
  #left = 0;

  /** Gives the next block its rows; false when the blocks before have used them up already. */
  refill(rows: number): boolean {
    this.#left += rows * WRITE;
    return this.#left > 0;
  }

  /** Counts what was done; gives whether it used up the block's rows, so that the step must yield. */
  isSpent(cost: number): boolean {
    this.#left -= cost;
    return this.#left <= 0;
  }
}

/** Takes a step to its end without a pause. */
export function atOnce<Result>(begin: (pace: Pace) => Steps<Result>): Result {
  const pace = new Pace();
  pace.refill(Number.POSITIVE_INFINITY);
  const { done, value } = begin(pace).next();
  invariant(done === true, 'a step paused although it had all rows');
  return value;
}
