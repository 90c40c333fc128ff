import type { Timers } from '../../runtime/port.ts';

/** How long a task waits for a place before it is declined. */
const waitMs = 250;

/** The places for tasks that run at once. */
export class Slots {
  readonly #runtime: Timers;
  readonly #places: number;
  /** Places in use, by mixer. */
  readonly #held = new Map<number, number>();
  readonly #waiting: { mixer: number; seats: number; answer: (isTaken: boolean) => void }[] = [];

  constructor(runtime: Timers, places: number) {
    this.#runtime = runtime;
    this.#places = places;
  }

  /** Takes a place for one of `seats` mixers, now or as soon as it may have one; false when none was in time (§5.4). */
  async take(mixer: number, seats: number): Promise<boolean> {
    if (this.#tryHold(mixer, seats)) return true;
    return new Promise((resolve) => {
      const cancel = this.#runtime.timer(waitMs, () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        resolve(false);
      });
      const answer = (isTaken: boolean) => {
        cancel();
        resolve(isTaken);
      };
      const waiter = { mixer, seats, answer };
      this.#waiting.push(waiter);
    });
  }

  /** Gives a place of a mixer back, to who waits for it the longest. */
  release(mixer: number): void {
    const left = (this.#held.get(mixer) ?? 0) - 1;
    if (left > 0) this.#held.set(mixer, left);
    else this.#held.delete(mixer);
    const next = this.#waiting.findIndex((waiter) => this.#tryHold(waiter.mixer, waiter.seats));
    if (next !== -1) this.#waiting.splice(next, 1)[0]?.answer(true);
  }

  /** §5.23 No mixer has more than its share and one place. */
  #tryHold(mixer: number, seats: number): boolean {
    const held = this.#held.get(mixer) ?? 0;
    const total = [...this.#held.values()].reduce((sum, places) => sum + places, 0);
    if (total >= this.#places || held > Math.ceil(this.#places / seats)) return false;
    this.#held.set(mixer, held + 1);
    return true;
  }
}
