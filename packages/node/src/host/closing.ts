/** Everything that has to be closed, in the order it was opened. */
export class Closing {
  readonly #steps: (() => Promise<unknown> | unknown)[] = [];
  #done: Promise<void> | null = null;

  add(step: () => Promise<unknown> | unknown): void {
    this.#steps.push(step);
  }

  /** Last opened, first closed; every step runs even when one before it fails, and the first failure is thrown. */
  close(): Promise<void> {
    this.#done ??= (async () => {
      const failures: unknown[] = [];
      for (const step of this.#steps.reverse()) {
        try {
          await step();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    })();
    return this.#done;
  }
}
