/** Ends a timer that has not fired; afterwards it does nothing. */
export type Cancel = () => void;

/** A source of random values. What one stream gives depends on its own draws alone. */
export interface RandomStream {
  bytes(count: number): Uint8Array;
  /** A whole number from 0 to `below` − 1, each as likely; throws RangeError unless `below` is from 1 to 2^48 − 1. */
  int(below: number): number;
}

/** Time, chance and the log: all that roles and the network know of the machine they run on. */
export interface Runtime {
  /** Unix time, milliseconds; it may jump. */
  readonly nowMs: () => number;
  /** Whole milliseconds of a clock that never goes back; where it began means nothing. */
  readonly monotonicMs: () => number;
  /** Resolves after so many milliseconds; rejects with the signal's reason once that is aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /**
   * Calls `fire` once, after so many milliseconds and what is in hand: those of 0 ms in the order they were made. A
   * timer keeps no process alive.
   */
  readonly timer: (ms: number, fire: () => void) => Cancel;
  /** The stream of a name: the same one for the same name, so that nothing is drawn twice. */
  readonly random: (name: string) => RandomStream;
  /** One line for the node's log; never a prompt, an answer or a key. */
  readonly log: (line: string) => void;
}

/** All that waits with a limit need. */
export type Timers = Pick<Runtime, 'timer'>;

/** The runtime of one role: its name stands before its lines, and its streams are its own. */
export function runtimeOf(runtime: Runtime, name: string): Runtime {
  return {
    ...runtime,
    random: (stream) => runtime.random(`${name}/${stream}`),
    log: (line) => runtime.log(`${name}: ${line}`),
  };
}

/** The `sleep` that follows from a `timer`. */
export function sleepBy(timer: Runtime['timer']): Runtime['sleep'] {
  return (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const leave = () => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = timer(ms, () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      });
      signal?.addEventListener('abort', leave, { once: true });
    });
}
