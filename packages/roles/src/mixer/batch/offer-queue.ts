import type { BatchOffer, Ref } from '@assay/protocol';
import type { Timers } from '../../ports/runtime.ts';

/** What an offer counts besides its attestations: an empty one takes time, too. */
const perOffer = 64;

interface Waiting {
  readonly mixer: Ref<'mixers'>;
  /** What was checked of its mixer before it, and with it. */
  readonly from: number;
  readonly to: number;
  readonly leave: (isTurn: boolean) => void;
}

/**
 * Offers that wait to be checked (§14.1.3): the newest of each mixer, first that with which least came of its mixer in
 * an epoch.
 */
export class OfferQueue {
  readonly #runtime: Timers;
  readonly #waiting = new Map<Ref<'mixers'>, Waiting>();
  /** Attestations of each mixer that had their turn in `#epoch`, and `perOffer` for each offer. */
  readonly #checked = new Map<Ref<'mixers'>, number>();
  /** What had been checked of whoever had a turn, the most: who was quiet until then has saved up nothing. */
  #floor = 0;
  #epoch = 0;
  #isGoing = false;

  constructor(runtime: Timers) {
    this.#runtime = runtime;
  }

  /** Resolves when an offer of an epoch is to be checked, at once then; false when a newer one of its mixer is here. */
  turn({ header: { mixer }, attestations }: BatchOffer, epoch: number): Promise<boolean> {
    if (epoch !== this.#epoch) this.#begin(epoch);
    const before = this.#waiting.get(mixer);
    before?.leave(false);
    const from = before?.from ?? Math.max(this.#floor, this.#checked.get(mixer) ?? 0);
    return new Promise((leave) => {
      this.#waiting.set(mixer, { mixer, from, to: from + attestations.length + perOffer, leave });
      if (!this.#isGoing) this.#later();
    });
  }

  #begin(epoch: number): void {
    this.#epoch = epoch;
    this.#floor = 0;
    this.#checked.clear();
  }

  /** What came while the last one was checked is read before the next is chosen. */
  #later(): void {
    this.#isGoing = true;
    this.#runtime.timer(0, () => this.#next());
  }

  #next(): void {
    const [first] = [...this.#waiting.values()].sort((a, b) => a.to - b.to);
    this.#isGoing = false;
    if (first === undefined) return;
    this.#waiting.delete(first.mixer);
    this.#floor = Math.max(this.#floor, first.from);
    this.#checked.set(first.mixer, first.to);
    first.leave(true);
    this.#later();
  }
}
