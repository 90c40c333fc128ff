import type { LedgerEvent } from '@assay/protocol';
import type { Pace } from '../arithmetic/pace.ts';
import type { Settling } from '../state/bring-forward.ts';
import type { LedgerState } from '../state/state.ts';

/** What every step of a settlement works with; the books are all it reads. */
export interface Work extends Settling {
  readonly pace: Pace;
  /**
   * All it changes, and what happened thereby. A settlement that is taken up again goes through its first steps once
   * more without them, so no step may learn anything from `state`: blocks change it too.
   */
  readonly write: (change: (state: LedgerState, events: LedgerEvent[]) => void) => void;
}
