import type { Cancel, Timers } from '@assay/roles/ports/runtime';

/** A signal that comes after so many milliseconds, unless it is cancelled. */
export function deadline(timers: Timers, ms: number): { readonly signal: AbortSignal; readonly cancel: Cancel } {
  const controller = new AbortController();
  const cancel = timers.timer(ms, () => controller.abort(new Error(`not within ${ms} ms`)));
  return { signal: controller.signal, cancel };
}

/** What `work` gives, or why the signal came first; the work goes on then. */
export function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return Promise.race([work, aborted]);
}
