import type { ServerResponse } from 'node:http';

/** Requests that hold work in the network: each ends when its client leaves or the server stops. */
export class Activity {
  readonly #running = new Set<AbortController>();

  /** A signal that aborts when `response` closes before it was sent in full. Call `end` when the work is over. */
  begin(response: ServerResponse): { readonly signal: AbortSignal; end(): void } {
    const controller = new AbortController();
    const left = () => {
      if (!response.writableFinished) controller.abort();
    };
    this.#running.add(controller);
    response.once('close', left);
    const end = () => {
      this.#running.delete(controller);
      response.off('close', left);
    };
    return { signal: controller.signal, end };
  }

  /** Aborts every request still running, with `reason`. */
  abortAll(reason: unknown): void {
    for (const controller of this.#running) controller.abort(reason);
  }
}
