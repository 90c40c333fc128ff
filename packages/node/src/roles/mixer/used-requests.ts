import { limits, type TaskRequest, toHex } from '@assay/protocol';
import { AssayError } from '../../errors.ts';
import type { RoleStore } from '../../store/role-store.ts';
import { clockToleranceMs } from './announcements.ts';

/** What makes two signed requests one: a session signs one payload once. */
type Signed = Pick<TaskRequest, 'session' | 'requestHash' | 'validUntilMs'>;

interface Used {
  readonly task: string;
  readonly validUntilMs: number;
}

const prefix = 'used/';
const spanMs = 1000;
const timeBytes = 8;

/**
 * Which task each signed request became: a request is one task, whoever holds its signature (§5.6). It is remembered
 * until it can neither be admitted nor certified any more (§5.22); what is kept outlives a restart.
 */
export class UsedRequests {
  readonly #store: RoleStore;
  readonly #used = new Map<string, Used>();
  /** Keys by the second in which their request ends. */
  readonly #ending = new Map<number, string[]>();
  /** Keys of requests that ended, by the last height at which a draw from before could be certified. */
  readonly #ended = new Map<number, string[]>();

  constructor(store: RoleStore) {
    this.#store = store;
  }

  get size(): number {
    return this.#used.size;
  }

  /** Takes up what an earlier run kept. */
  restore(): void {
    for (const { key, value } of this.#store.entries(prefix)) {
      const bytes = Buffer.from(value);
      const validUntilMs = Number(bytes.readBigUInt64LE());
      this.#remember(key.slice(prefix.length), { task: toHex(bytes.subarray(timeBytes)), validUntilMs });
    }
  }

  /**
   * Takes a request for a new task. It is kept by `keep` once the task has ended: one that a crash cuts off is charged
   * to nobody. Throws AssayError INVALID_REQUEST when it was used, TOO_MANY_REQUESTS when there is no room.
   */
  admit(request: Signed, taskId: Uint8Array): void {
    const key = keyOf(request);
    if (this.#used.has(key)) throw new AssayError('INVALID_REQUEST', 'This signed request has been used.');
    // §5.22 What is valid is never forgotten; others' tasks have as much room again.
    if (this.#used.size >= limits.maxUsedRequests / 2) {
      throw new AssayError('TOO_MANY_REQUESTS', `${this.#used.size} used requests have not ended yet.`);
    }
    this.#remember(key, { task: toHex(taskId), validUntilMs: request.validUntilMs });
  }

  /** Takes a request for a task that is to be certified, and keeps it; says why not when it may not be. */
  take(request: Signed, taskId: Uint8Array): string | null {
    const key = keyOf(request);
    const task = toHex(taskId);
    const known = this.#used.get(key);
    if (known !== undefined && known.task !== task) return 'the request was used for another task';
    if (known === undefined && this.#used.size >= limits.maxUsedRequests) return 'no room for another used request';
    if (known === undefined) this.#remember(key, { task, validUntilMs: request.validUntilMs });
    if (known === undefined || this.#store.get(prefix + key) === undefined) this.#put(key);
    return null;
  }

  /** Makes a request that became a task part of the store, durable with all that is put there. */
  keep(request: Signed): void {
    this.#put(keyOf(request));
  }

  /**
   * Forgets what can no longer be certified. A request has ended when the chain and this mixer's clock are past it, and
   * is forgotten when no draw from before can be certified.
   */
  onBlock(block: { readonly height: number; readonly timeMs: number }, nowMs: number, lifetimeBlocks: number): void {
    const pastMs = Math.min(block.timeMs, nowMs) - clockToleranceMs;
    for (const [span, keys] of this.#ending) {
      if ((span + 1) * spanMs > pastMs) continue;
      this.#ending.delete(span);
      const lastHeight = block.height + lifetimeBlocks;
      this.#ended.set(lastHeight, [...(this.#ended.get(lastHeight) ?? []), ...keys]);
    }
    for (const [lastHeight, keys] of this.#ended) {
      if (lastHeight >= block.height) continue;
      this.#ended.delete(lastHeight);
      for (const key of keys) this.#forget(key);
    }
  }

  #remember(key: string, used: Used): void {
    this.#used.set(key, used);
    const span = Math.floor(used.validUntilMs / spanMs);
    const keys = this.#ending.get(span);
    if (keys === undefined) this.#ending.set(span, [key]);
    else keys.push(key);
  }

  #put(key: string): void {
    const used = this.#used.get(key);
    if (used === undefined) return;
    const bytes = Buffer.alloc(timeBytes);
    bytes.writeBigUInt64LE(BigInt(used.validUntilMs));
    this.#store.put(prefix + key, Buffer.concat([bytes, Buffer.from(used.task, 'hex')]));
  }

  #forget(key: string): void {
    this.#used.delete(key);
    if (this.#store.get(prefix + key) !== undefined) this.#store.delete(prefix + key);
  }
}

const keyOf = ({ session, requestHash }: Signed): string => `${session}/${toHex(requestHash)}`;
