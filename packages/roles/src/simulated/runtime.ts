import { concatBytes, encodeText, firstUint64, littleEndian, sha256 } from '@assay/ssz';
import { type Cancel, type RandomStream, type Runtime, sleepBy } from '../ports/runtime.ts';
import { TimerQueue } from './timer-queue.ts';

export interface SimulatedOptions {
  /** Decides every random value. */
  readonly seed: number;
  /** Unix time at which it begins, milliseconds. */
  readonly startMs?: number;
  readonly log?: Runtime['log'];
}

interface Timer {
  readonly dueMs: number;
  readonly fire: () => void;
  isCancelled: boolean;
}

/** Where simulated time begins unless told otherwise: 2026-01-01, UTC. */
const usualStartMs = 1_767_225_600_000;
const blockBytes = 32;
const mostBelow = 2 ** 48;
const values64 = 1n << 64n;

/**
 * Virtual time and seeded chance. Time stands still while anything can still be done, then goes to the next timer: the
 * earliest, and of two the one made first. Two runs with one seed do the same, to the bit, as long as whatever is done
 * outside the JavaScript of this thread (a disk, another process) is given to `hold`.
 */
export class SimulatedRuntime implements Runtime {
  readonly nowMs: Runtime['nowMs'];
  readonly monotonicMs = () => this.#passedMs;
  readonly timer: Runtime['timer'] = (ms, fire) => this.#add(ms, fire);
  readonly sleep: Runtime['sleep'] = sleepBy(this.timer);
  readonly random: Runtime['random'] = (name) => this.#streamOf(name);
  readonly log: Runtime['log'];
  readonly #seed: Uint8Array;
  readonly #streams = new Map<string, RandomStream>();
  readonly #timers = new TimerQueue<Timer>();
  readonly #held: { readonly done: Promise<void>; readonly release: () => void }[] = [];
  #passedMs = 0;

  constructor({ seed, startMs = usualStartMs, log = () => {} }: SimulatedOptions) {
    this.#seed = littleEndian(seed, 8);
    this.nowMs = () => startMs + this.#passedMs;
    this.log = log;
  }

  /**
   * What `work` gives, which is done outside of this thread. Time stands still until then, and what waits for several
   * goes on in the order in which they were given here, whichever is done first. Work may not wait for other held work.
   */
  hold<T>(work: Promise<T>): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const nothing = () => {};
    const done = work.then(nothing, nothing);
    this.#held.push({ done, release: resolve });
    return promise.then(() => work);
  }

  /** Lets so many milliseconds pass, and all be done that is due in them. Throws what a timer throws. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#passedMs + ms;
    await this.#settle();
    while (this.#fireNext(endMs)) await this.#settle();
    this.#passedMs = endMs;
  }

  /**
   * What `work` gives, as much time as that takes. Throws what a timer throws, and an Error when no timer is left while
   * `work` still waits.
   */
  async until<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    done.catch(() => {});
    await this.#settle();
    while (!isDone && this.#fireNext(Number.POSITIVE_INFINITY)) await this.#settle();
    if (!isDone) throw new Error('It waits for something that no timer will bring.');
    return done;
  }

  #add(ms: number, fire: () => void): Cancel {
    const timer: Timer = { dueMs: this.#passedMs + Math.max(0, ms), fire, isCancelled: false };
    this.#timers.add(timer);
    return () => {
      timer.isCancelled = true;
    };
  }

  /** Goes to the next timer and fires it; false when none is due by then. */
  #fireNext(endMs: number): boolean {
    while (this.#timers.next?.isCancelled === true) this.#timers.take();
    const { next } = this.#timers;
    if (next === undefined || next.dueMs > endMs) return false;
    this.#timers.take();
    this.#passedMs = next.dueMs;
    next.fire();
    return true;
  }

  /** Resolves when nothing can be done any more without time. */
  async #settle(): Promise<void> {
    // Every promise that can go on has gone on before the next turn of the event loop.
    await turn();
    for (let next = this.#held.shift(); next !== undefined; next = this.#held.shift()) {
      await next.done;
      next.release();
      await turn();
    }
  }

  #streamOf(name: string): RandomStream {
    const known = this.#streams.get(name) ?? seededStream(this.#seed, name);
    this.#streams.set(name, known);
    return known;
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Its bytes are SHA-256(seed ‖ name ‖ 0), SHA-256(seed ‖ name ‖ 1) …; every draw begins with the next of them. */
function seededStream(seed: Uint8Array, name: string): RandomStream {
  const encoded = encodeText(name);
  let counter = 0;
  const block = () => sha256(seed, encoded, littleEndian(counter++, 8));
  return {
    bytes: (count) => concatBytes(Array.from({ length: Math.ceil(count / blockBytes) }, block)).slice(0, count),
    int: (below) => {
      if (!Number.isSafeInteger(below) || below < 1 || below >= mostBelow) throw new RangeError(`no ${below} values`);
      // Values above the last whole multiple would make the low ones likelier.
      const most = values64 - (values64 % BigInt(below));
      let value = firstUint64(block());
      while (value >= most) value = firstUint64(block());
      return Number(value % BigInt(below));
    },
  };
}
