import { isQuorum, type LedgerView } from '@assay/ledger';
import { AssayError } from '../../errors.ts';

/** Silence after which a mixer counts as absent, in block times. */
const presenceBlocks = 4;

/** Which mixers have been heard of lately (§7.1). */
export class Committee {
  readonly #self: number;
  readonly #heardMs = new Map<number, number>();

  constructor(self: number) {
    this.#self = self;
  }

  heard(mixer: number, nowMs: number): void {
    this.#heardMs.set(mixer, nowMs);
  }

  isPresent(mixer: number, state: LedgerView, nowMs: number): boolean {
    if (mixer === this.#self) return true;
    const heardMs = this.#heardMs.get(mixer);
    return heardMs !== undefined && nowMs - heardMs <= presenceBlocks * state.params.blockTimeMs;
  }

  /** Throws NO_COMMITTEE when no certificate could form now (§7.3). */
  requireQuorum(state: LedgerView, nowMs: number): void {
    const total = state.mixers.length;
    let present = 0;
    for (let mixer = 0; mixer < total; mixer++) if (this.isPresent(mixer, state, nowMs)) present++;
    if (isQuorum(present, total)) return;
    const needed = Math.floor((2 * total) / 3) + 1;
    throw new AssayError('NO_COMMITTEE', `${present} of ${total} mixers answer; ${needed} are needed.`);
  }
}
