/** One line of a bench: who did the work, and how fast. */
export interface Row {
  readonly who: string;
  /** Null when the peer is not installed or does not start; the note says why. */
  readonly value: number | null;
  /** What was left out or added for this one; empty when nothing was. */
  readonly note: string;
}

/** A measurement beside the code it measures, exported as `bench` from a file `*.bench.ts`. */
export interface Bench {
  readonly id: number;
  readonly title: string;
  /** Of the values, such as `receipts/s`. */
  readonly unit: string;
  /** What is aimed at, in words. */
  readonly target: string;
  /** Whether a row is shown relative to the first, as rates of peers are and parts of a time are not. */
  readonly compared: boolean;
  /** `say` tells a waiting person what is being done. */
  run(say: (line: string) => void): Promise<readonly Row[]>;
}

/** Seconds that `work` takes. */
export async function secondsOf(work: () => Promise<unknown> | unknown): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) / 1000;
}
