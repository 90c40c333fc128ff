import type { Item } from './messages.ts';

/** The items of one call, handed from the process that gives them to the caller that reads them. */
export class Answer {
  readonly #waiting: Item[] = [];
  #state:
    | { readonly type: 'open' }
    | { readonly type: 'finished' }
    | { readonly type: 'failed'; readonly error: unknown } = { type: 'open' };
  #wake: () => void = () => undefined;

  /** Whether the worker is done with the call. */
  complete = false;

  give(item: Item): void {
    this.#waiting.push(item);
    this.#wake();
  }

  finish(): void {
    this.complete = true;
    if (this.#state.type === 'open') this.#state = { type: 'finished' };
    this.#wake();
  }

  /** The worker's own refusal. */
  refuse(error: unknown): void {
    this.complete = true;
    this.fail(error);
  }

  /** Ends the reading with an error at once; items not yet read are dropped. */
  fail(error: unknown): void {
    if (this.#state.type === 'open') this.#state = { type: 'failed', error };
    this.#wake();
  }

  async *items(): AsyncGenerator<Item> {
    for (;;) {
      if (this.#state.type === 'failed') throw this.#state.error;
      const item = this.#waiting.shift();
      if (item !== undefined) yield item;
      else if (this.#state.type === 'finished') return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
