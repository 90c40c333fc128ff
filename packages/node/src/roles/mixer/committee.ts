import { isQuorum, type LedgerView } from '@assay/ledger';
import { AssayError } from '../../errors.ts';

/** Blocks of silence after which a mixer counts as absent. */
const presenceBlocks = 4;

/** Which mixers have been heard of lately (§7.1). */
export class Committee {
  readonly #self: number;
  readonly #heardAt = new Map<number, number>();

  constructor(self: number) {
    this.#self = self;
  }

  /** A mixer said at `height` that it is there. */
  heard(mixer: number, height: number): void {
    this.#heardAt.set(mixer, height);
  }

  isPresent(mixer: number, state: LedgerView): boolean {
    if (mixer === this.#self) return true;
    const heardAt = this.#heardAt.get(mixer);
    return heardAt !== undefined && state.globals.height - heardAt <= presenceBlocks;
  }

  /** Throws NO_COMMITTEE when no certificate could form now (§7.3). */
  requireQuorum(state: LedgerView): void {
    const total = state.mixers.length;
    let present = 0;
    for (let mixer = 0; mixer < total; mixer++) if (this.isPresent(mixer, state)) present++;
    if (isQuorum(present, total)) return;
    const needed = Math.floor((2 * total) / 3) + 1;
    throw new AssayError('NO_COMMITTEE', `${present} of ${total} mixers answer; ${needed} are needed.`);
  }
}
