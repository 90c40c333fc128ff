interface Due {
  readonly dueMs: number;
}

/** Timers by when they are due; of two that are due together the one that was added first comes first. */
export class TimerQueue<Timer extends Due> {
  /** What is due at each time, in the order of arrival. */
  readonly #byTime = new Map<number, { readonly timers: Timer[]; taken: number }>();
  /** The times, each once: a binary heap with the earliest first. */
  readonly #times: number[] = [];

  add(timer: Timer): void {
    const { dueMs } = timer;
    const group = this.#byTime.get(dueMs);
    if (group !== undefined) {
      group.timers.push(timer);
      return;
    }
    this.#byTime.set(dueMs, { timers: [timer], taken: 0 });
    this.#times.push(dueMs);
    for (let at = this.#times.length - 1; at > 0; ) {
      const above = (at - 1) >> 1;
      if (this.#timeAt(above) <= dueMs) break;
      this.#swap(at, above);
      at = above;
    }
  }

  /** The one that `take` would give; undefined when there is none. */
  get next(): Timer | undefined {
    const group = this.#byTime.get(this.#timeAt(0));
    return group?.timers[group.taken];
  }

  take(): Timer | undefined {
    const dueMs = this.#timeAt(0);
    const group = this.#byTime.get(dueMs);
    const timer = group?.timers[group.taken];
    if (group === undefined || timer === undefined) return undefined;
    group.taken += 1;
    if (group.taken === group.timers.length) {
      this.#byTime.delete(dueMs);
      this.#dropFirstTime();
    }
    return timer;
  }

  #dropFirstTime(): void {
    const last = this.#times.pop();
    if (last === undefined || this.#times.length === 0) return;
    this.#times[0] = last;
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const least = this.#timeAt(right) < this.#timeAt(left) ? right : left;
      if (this.#timeAt(least) >= last) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #timeAt(index: number): number {
    return this.#times[index] ?? Number.POSITIVE_INFINITY;
  }

  #swap(one: number, other: number): void {
    const kept = this.#timeAt(one);
    this.#times[one] = this.#timeAt(other);
    this.#times[other] = kept;
  }
}
