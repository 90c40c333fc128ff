import type { Pace } from '../pace.ts';
import type { LedgerEvent } from '../result.ts';
import type { LedgerState } from '../state.ts';
import type { ClosedBooks } from './books.ts';

/** What every step of a settlement works with. */
export interface Work {
  /** What it reads. */
  readonly books: ClosedBooks;
  /** What it changes; blocks go on changing it too. */
  readonly state: LedgerState;
  readonly pace: Pace;
  readonly events: LedgerEvent[];
}
