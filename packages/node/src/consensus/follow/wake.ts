import type { Timers } from '@assay/roles/ports/runtime';

/** Lets a loop wait for a time, or until it is woken; a call that came while it worked counts. */
export class Wake {
  readonly #runtime: Timers;
  #isCalled = false;
  #awaken: (() => void) | null = null;

  constructor(runtime: Timers) {
    this.#runtime = runtime;
  }

  call(): void {
    this.#isCalled = true;
    this.#awaken?.();
  }

  async wait(ms: number): Promise<void> {
    if (!this.#isCalled) {
      await new Promise<void>((resolve) => {
        const cancel = this.#runtime.timer(ms, resolve);
        this.#awaken = () => {
          cancel();
          resolve();
        };
      });
    }
    this.#awaken = null;
    this.#isCalled = false;
  }
}
