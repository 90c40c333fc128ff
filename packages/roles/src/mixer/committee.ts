import { committeeOf, isQuorum, type LedgerView } from '@assay/ledger';
import { AssayError, type BatchHeader, type CommitteeSeat, type Ref } from '@assay/protocol';
import { equalBytes, firstUint64 } from '@assay/ssz';

/** A mixer counts as absent once it was silent for more blocks than these. */
const presenceBlocks = 4;

/** A mixer with the keys it signs with. */
export interface OwnKeys {
  readonly mixer: Ref<'mixers'>;
  readonly publicKey: Uint8Array;
  readonly blsPublicKey: Uint8Array;
}

/** The committee that certifies now (§7.1). */
export function presentCommittee(state: LedgerView): readonly CommitteeSeat[] {
  return committeeOf(state, state.globals.epoch);
}

/** Place of a mixer in the present committee; null while it has none, or other keys than these are to sign (§3.5). */
export function placeOf(state: LedgerView, { mixer, publicKey, blsPublicKey }: OwnKeys): number | null {
  const row = state.mixers.get(mixer);
  if (row === undefined || !equalBytes(row.publicKey, publicKey)) return null;
  const seats = presentCommittee(state);
  const place = seats.findIndex((seat) => seat.mixer === mixer && equalBytes(seat.blsPublicKey, blsPublicKey));
  return place === -1 ? null : place;
}

/** The mixer that keeps the answer to a task: one, so that no miner is asked for it by two (§15.3). */
export function keeperOf(state: LedgerView, taskId: Uint8Array): Ref<'mixers'> | null {
  const seats = presentCommittee(state);
  return seats[Number(firstUint64(taskId) % BigInt(seats.length))]?.mixer ?? null;
}

/** Whether a batch of this turn may still be taken: its number comes next, and its epoch has not long ended (§7.3). */
export function mayBeTaken(
  state: LedgerView,
  { mixer, epoch, sequence }: Pick<BatchHeader, 'mixer' | 'epoch' | 'sequence'>,
): boolean {
  return state.mixers.at(mixer).nextSequence <= sequence && epoch + 1 >= state.globals.epoch;
}

/** Which mixers have been heard of lately (§7.1). */
export class Committee {
  readonly #self: number;
  readonly #heardAt = new Map<Ref<'mixers'>, number>();
  #present: { readonly height: number; readonly mixers: ReadonlySet<Ref<'mixers'>> } | null = null;

  constructor(self: number) {
    this.#self = self;
  }

  /** A mixer said at `height` that it is there. */
  heard(mixer: Ref<'mixers'>, height: number): void {
    this.#heardAt.set(mixer, height);
    if (this.#present?.mixers.has(mixer) === false) this.#present = null;
  }

  /** Whether a mixer of the present committee answers. */
  isPresent(mixer: Ref<'mixers'>, state: LedgerView): boolean {
    return presentCommittee(state).some((seat) => seat.mixer === mixer) && this.#answers(mixer, state);
  }

  /**
   * Who of the present committee was heard within four blocks: one block less than what makes a mixer take over, since
   * two mixers may be a block apart (§5.6). One set for each height, however often it is asked.
   */
  present(state: LedgerView): ReadonlySet<Ref<'mixers'>> {
    const { height } = state.globals;
    if (this.#present?.height === height) return this.#present.mixers;
    const seats = presentCommittee(state).map(({ mixer }) => mixer);
    const mixers = new Set(seats.filter((mixer) => this.#isHeard(mixer, height, presenceBlocks - 1)));
    this.#present = { height, mixers };
    return mixers;
  }

  #answers(mixer: Ref<'mixers'>, state: LedgerView): boolean {
    return this.#isHeard(mixer, state.globals.height, presenceBlocks);
  }

  #isHeard(mixer: Ref<'mixers'>, height: number, blocks: number): boolean {
    if (mixer === this.#self) return true;
    const heardAt = this.#heardAt.get(mixer);
    return heardAt !== undefined && height - heardAt <= blocks;
  }

  /** Throws NO_COMMITTEE when no certificate could form now (§7.3). */
  requireQuorum(state: LedgerView): void {
    const seats = presentCommittee(state);
    const total = seats.length;
    const present = seats.filter(({ mixer }) => this.#answers(mixer, state)).length;
    if (isQuorum(present, total)) return;
    const needed = Math.floor((2 * total) / 3) + 1;
    throw new AssayError(
      'NO_COMMITTEE',
      `${present} of ${total} mixers of the committee answer; ${needed} are needed.`,
    );
  }
}
