/** How long a task waits for a place before it is declined. */
const waitMs = 250;

/** The places for tasks that run at once. */
export class Slots {
  #free: number;
  readonly #waiting: ((isTaken: boolean) => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  /** Takes a place, now or as soon as one is free; false when none was in time (§5.4). */
  async take(): Promise<boolean> {
    if (this.#free > 0) {
      this.#free -= 1;
      return true;
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(answer), 1);
        resolve(false);
      }, waitMs);
      const answer = (isTaken: boolean) => {
        clearTimeout(timer);
        resolve(isTaken);
      };
      this.#waiting.push(answer);
    });
  }

  /** Gives a place back, to who waits for it the longest. */
  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next(true);
  }
}
