import { committeeOf, isQuorum, type LedgerView } from '@assay/ledger';
import { AssayError, type BatchHeader, type CommitteeSeat, type Presence, type Ref } from '@assay/protocol';
import { equalBytes, firstUint64 } from '@assay/ssz';

/** A mixer counts as absent once it was silent for more blocks than these. */
const presenceBlocks = 4;
/** And its tasks are taken over only after these: the others, who may be some blocks apart, are to know it too. */
const takeOverBlocks = 8;
/** Blocks in which another mixer may not know yet that one is back (§5.6.1). */
const returnBlocks = 2;

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

/** Seat of a mixer in the present committee; null while it has none, or other keys than these are to sign (§3.5). */
export function seatOf(state: LedgerView, { mixer, publicKey, blsPublicKey }: OwnKeys): number | null {
  const row = state.mixers.get(mixer);
  if (row === undefined || !equalBytes(row.publicKey, publicKey)) return null;
  const seats = presentCommittee(state);
  const seat = seats.findIndex((each) => each.mixer === mixer && equalBytes(each.blsPublicKey, blsPublicKey));
  return seat === -1 ? null : seat;
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
  readonly #heardAt = new Map<number, number>();
  /** The height that each named last: what it said before that says nothing any more. */
  readonly #saidAt = new Map<number, number>();
  /** Height at which one was heard again that had been silent. */
  readonly #backAt = new Map<number, number>();
  /** Height since which this one hears others: before it, their silence was its own. */
  #hearingSince = 0;
  #present: { readonly height: number; readonly mixers: ReadonlySet<number> } | null = null;

  constructor(self: number) {
    this.#self = self;
  }

  /** Whether a mixer names a height after all that it named before. */
  isNews({ mixer, height }: Presence): boolean {
    return height > (this.#saidAt.get(mixer) ?? Number.NEGATIVE_INFINITY);
  }

  /** A mixer said at a height that it is there; this one knows the chain up to `known`, and itself may be behind. */
  heard(mixer: number, { said, known }: { said: number; known: number }): void {
    if (!this.isNews({ mixer, height: said })) return;
    this.#saidAt.set(mixer, said);
    const height = Math.min(said, known + 1);
    const before = this.#heardAt.get(mixer) ?? height;
    if (height - before >= presenceBlocks) this.#backAt.set(mixer, height);
    if (height - Math.max(0, ...this.#heardAt.values()) > presenceBlocks) this.#hearingSince = height;
    this.#heardAt.set(mixer, height);
    if (this.#present?.mixers.has(mixer) === false) this.#present = null;
  }

  /** Whether a mixer of the present committee answers, as far as this one can know: silent is who others outlast. */
  isPresent(mixer: number, state: LedgerView): boolean {
    if (!presentCommittee(state).some((seat) => seat.mixer === mixer)) return false;
    const { height } = state.globals;
    return this.#isHeard(mixer, height, takeOverBlocks) || height - this.#hearingSince <= takeOverBlocks;
  }

  /**
   * Who of the present committee was heard within four blocks, half of what makes a mixer take over, and is not just
   * back: two mixers may be some blocks apart (§5.6.1). One set for each height, however often it is asked.
   */
  present(state: LedgerView): ReadonlySet<Ref<'mixers'>> {
    const { height } = state.globals;
    if (this.#present?.height === height) return this.#present.mixers;
    const seats = presentCommittee(state).map(({ mixer }) => mixer);
    const isBack = (mixer: number) => height - (this.#backAt.get(mixer) ?? Number.NEGATIVE_INFINITY) <= returnBlocks;
    const mixers = new Set(seats.filter((mixer) => this.#isHeard(mixer, height, presenceBlocks - 1) && !isBack(mixer)));
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

  /** §5.21 Whether more than a third of the committee say that the chain is longer than this one knows. */
  isBehind(state: LedgerView): boolean {
    const seats = presentCommittee(state);
    const ahead = seats.filter(({ mixer }) => (this.#saidAt.get(mixer) ?? 0) - state.globals.height > presenceBlocks);
    return 3 * ahead.length > seats.length;
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
