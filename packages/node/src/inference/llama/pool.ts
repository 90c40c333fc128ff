import { AssayError } from '../../errors.ts';

interface Waiter<T> {
  readonly give: (item: T) => void;
}

/** A fixed set of things used by one call at a time; calls wait in order, at most `maxWaiting` of them. */
export class Pool<T> {
  private readonly idle: T[];
  private readonly waiting: Waiter<T>[] = [];
  private readonly maxWaiting: number;

  constructor(items: readonly T[], maxWaiting: number) {
    this.idle = [...items];
    this.maxWaiting = maxWaiting;
  }

  /** Runs `use` with an item of its own. Rejects with TOO_MANY_REQUESTS when the queue is full, or with the signal's reason. */
  async *using<E>(signal: AbortSignal, use: (item: T) => AsyncIterable<E>): AsyncGenerator<E> {
    const item = await this.take(signal);
    try {
      yield* use(item);
    } finally {
      this.giveBack(item);
    }
  }

  private take(signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const item = this.idle.pop();
    if (item !== undefined) return Promise.resolve(item);
    if (this.waiting.length >= this.maxWaiting) {
      return Promise.reject(new AssayError('TOO_MANY_REQUESTS', 'The queue of the model is full.'));
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter<T> = {
        give: (given) => {
          signal.removeEventListener('abort', leave);
          resolve(given);
        },
      };
      const leave = () => {
        this.waiting.splice(this.waiting.indexOf(waiter), 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.waiting.push(waiter);
    });
  }

  private giveBack(item: T): void {
    const next = this.waiting.shift();
    if (next === undefined) this.idle.push(item);
    else next.give(item);
  }
}
