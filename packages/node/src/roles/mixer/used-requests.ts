import { toHex } from '@assay/protocol';

/** Signed requests a mixer remembers; the oldest go first. */
const maxRequests = 65_536;

/** Which task each signed request became: a request is one task, whoever holds its signature (§5.6). */
export class UsedRequests {
  readonly #taskOf = new Map<string, string>();

  has(requestHash: Uint8Array): boolean {
    return this.#taskOf.has(toHex(requestHash));
  }

  /** Takes a request for a task; false when it already is another's. */
  take(requestHash: Uint8Array, taskId: Uint8Array): boolean {
    const request = toHex(requestHash);
    const task = toHex(taskId);
    const known = this.#taskOf.get(request);
    if (known !== undefined) return known === task;
    this.#taskOf.set(request, task);
    const [oldest] = this.#taskOf.keys();
    if (this.#taskOf.size > maxRequests && oldest !== undefined) this.#taskOf.delete(oldest);
    return true;
  }
}
