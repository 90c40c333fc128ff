import { AssayError } from '@assay/protocol';

interface Waiter<T> {
  readonly give: (item: T) => void;
}

export interface PoolOptions<T> {
  /** Makes one more; called when all are in use and there are fewer than `size`. */
  readonly create: () => Promise<T>;
  readonly size: number;
  /** Calls that may wait for an item. */
  readonly maxWaiting: number;
}

/** Things used by one call at a time, made when they are first needed; calls wait for them in order. */
export class Pool<T> {
  readonly #options: PoolOptions<T>;
  readonly #idle: T[] = [];
  readonly #waiting: Waiter<T>[] = [];
  #made = 0;

  constructor(options: PoolOptions<T>) {
    this.#options = options;
  }

  /** Runs `use` with an item of its own. Throws TOO_MANY_REQUESTS when too many wait, or the signal's reason. */
  async *using<E>(signal: AbortSignal, use: (item: T) => AsyncIterable<E>): AsyncGenerator<E> {
    const item = await this.#take(signal);
    try {
      yield* use(item);
    } finally {
      this.#giveBack(item);
    }
  }

  async #take(signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const item = this.#idle.pop();
    if (item !== undefined) return item;
    if (this.#made < this.#options.size) return this.#make();
    if (this.#waiting.length >= this.#options.maxWaiting) {
      throw new AssayError('TOO_MANY_REQUESTS', 'The queue of the model is full.');
    }
    return this.#wait(signal);
  }

  async #make(): Promise<T> {
    this.#made++;
    try {
      return await this.#options.create();
    } catch (error) {
      this.#made--;
      throw error;
    }
  }

  #wait(signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter<T> = {
        give: (item) => {
          signal.removeEventListener('abort', leave);
          resolve(item);
        },
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiter);
    });
  }

  #giveBack(item: T): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(item);
    else next.give(item);
  }
}
