import { AssayError, type BatchHeader, limits, type Ref, type TaskRequest } from '@assay/protocol';
import { concatBytes, firstUint64, fromHex, littleEndian, toHex } from '@assay/ssz';
import type { RoleStore } from '../ports/store.ts';
import { clockToleranceMs } from './announcements.ts';

/** What makes two signed requests one: a session signs one payload once. */
type Signed = Pick<TaskRequest, 'session' | 'requestHash' | 'validUntilMs'>;

/** The batch of a mixer in which a request is signed for. */
type Turn = Pick<BatchHeader, 'mixer' | 'epoch' | 'sequence'>;

/** A request, and the task it is to become. */
export interface Claimed {
  readonly request: Signed;
  readonly taskId: Uint8Array;
}

interface Used {
  readonly task: string;
  readonly validUntilMs: number;
  /** The batch for which this mixer signed it, while that may still be taken; null for what nobody can undo. */
  readonly turn: Turn | null;
}

/** What is remembered of a request, with the keys that are forgotten at the same time. */
interface Remembered extends Used {
  readonly bucket: Set<string>;
}

const prefix = 'used/';
const spanMs = 1000;
const numberBytes = 8;
const taskBytes = 32;

/**
 * Which task each signed request became: a request is one task, whoever holds its signature (§5.6). It is remembered
 * until it can neither be admitted nor certified any more (§5.22); what is kept outlives a restart.
 */
export class RequestDedup {
  readonly #store: RoleStore;
  readonly #used = new Map<string, Remembered>();
  /** Keys of requests in batches that may still be taken, by the batch's mixer. */
  readonly #open = new Map<number, Set<string>>();
  /** Keys by the second in which their request ends. */
  readonly #ending = new Map<number, Set<string>>();
  /** Keys of requests that ended, by the last height at which a draw from before could be certified. */
  readonly #ended = new Map<number, Set<string>[]>();

  constructor(store: RoleStore) {
    this.#store = store;
  }

  get size(): number {
    return this.#used.size;
  }

  /** Takes up what an earlier run kept. */
  restore(): void {
    for (const { key, value } of this.#store.entries(prefix)) {
      this.#remember(key.slice(prefix.length), usedOf(value));
    }
  }

  /**
   * Takes a request for a new task. It is kept by `keep` once the task has ended: one that a crash cuts off is charged
   * to nobody. Throws AssayError INVALID_REQUEST when it was used, TOO_MANY_REQUESTS when there is no room.
   */
  admit(request: Signed, taskId: Uint8Array): void {
    this.requireUnused(request);
    // §5.22 What is valid is never forgotten; others' tasks have as much room again.
    if (this.#used.size >= limits.maxUsedRequests / 2) {
      throw new AssayError('TOO_MANY_REQUESTS', `${this.#used.size} used requests have not ended yet.`);
    }
    const used = { task: toHex(taskId), validUntilMs: request.validUntilMs, turn: null };
    this.#remember(keyOf(request), used);
  }

  /** Throws AssayError INVALID_REQUEST when a request was used. */
  requireUnused(request: Signed): void {
    if (!this.#used.has(keyOf(request))) return;
    throw new AssayError('INVALID_REQUEST', 'This signed request has been used.');
  }

  /**
   * Why each request of a batch of `mixer` may not be certified for its task; null where it may. What is signed and not
   * certified has equal room for each seat (§14.11).
   */
  refusals(claims: readonly Claimed[], { mixer, seats }: { mixer: Ref<'mixers'>; seats: number }): (string | null)[] {
    const quota = Math.floor(limits.maxUsedRequests / 2 / seats) - (this.#open.get(mixer)?.size ?? 0);
    const room = Math.min(quota, limits.maxUsedRequests - this.#used.size);
    const fresh = new Map<string, string>();
    return claims.map(({ request, taskId }) => {
      const key = keyOf(request);
      const task = toHex(taskId);
      const known = this.#used.get(key)?.task ?? fresh.get(key);
      if (known !== undefined) return known === task ? null : 'the request was used for another task';
      if (fresh.size >= room) return 'no room for another used request';
      fresh.set(key, task);
      return null;
    });
  }

  /** Keeps requests whose tasks this mixer signs for a batch, unless that turn is taken without them (§14.11). */
  take(claims: readonly Claimed[], { mixer, epoch, sequence }: Turn): void {
    const turn = { mixer, epoch, sequence };
    for (const { request, taskId } of claims) {
      const key = keyOf(request);
      const known = this.#used.get(key);
      // What this mixer admitted itself stays, whoever else is given its word for it.
      if (known !== undefined && known.turn === null) continue;
      if (known === undefined) this.#remember(key, { task: toHex(taskId), validUntilMs: request.validUntilMs, turn });
      else this.#used.set(key, { ...known, turn });
      this.#put(key);
    }
  }

  /**
   * Settles what was signed for batches that can no longer be taken: a request whose task was certified stays, any
   * other is as if it had never been signed.
   */
  settle(chain: {
    readonly isOpen: (turn: Turn) => boolean;
    readonly isCertified: (taskId: Uint8Array) => boolean;
  }): void {
    for (const keys of this.#open.values()) {
      for (const key of keys) {
        const used = this.#used.get(key);
        if (used === undefined || used.turn === null || chain.isOpen(used.turn)) continue;
        keys.delete(key);
        if (!chain.isCertified(bytesOfTask(used.task))) this.#forget(key);
        else this.#used.set(key, { ...used, turn: null });
      }
    }
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
    for (const [span, bucket] of this.#ending) {
      if ((span + 1) * spanMs > pastMs) continue;
      this.#ending.delete(span);
      const lastHeight = block.height + lifetimeBlocks;
      this.#ended.set(lastHeight, [...(this.#ended.get(lastHeight) ?? []), bucket]);
    }
    for (const [lastHeight, buckets] of this.#ended) {
      if (lastHeight >= block.height) continue;
      this.#ended.delete(lastHeight);
      for (const bucket of buckets) for (const key of bucket) this.#forget(key);
    }
  }

  #remember(key: string, used: Used): void {
    const span = Math.floor(used.validUntilMs / spanMs);
    const bucket = keysAt(this.#ending, span).add(key);
    this.#used.set(key, { ...used, bucket });
    if (used.turn !== null) keysAt(this.#open, used.turn.mixer).add(key);
  }

  #put(key: string): void {
    const used = this.#used.get(key);
    if (used !== undefined) this.#store.put(prefix + key, bytesOf(used));
  }

  #forget(key: string): void {
    const used = this.#used.get(key);
    if (used === undefined) return;
    this.#used.delete(key);
    used.bucket.delete(key);
    if (used.turn !== null) this.#open.get(used.turn.mixer)?.delete(key);
    if (this.#store.get(prefix + key) !== undefined) this.#store.delete(prefix + key);
  }
}

const bytesOfTask = (task: string): Uint8Array => fromHex(task) ?? new Uint8Array();

const keyOf = ({ session, requestHash }: Signed): string => `${session}/${toHex(requestHash)}`;

function keysAt(sets: Map<number, Set<string>>, key: number): Set<string> {
  const keys = sets.get(key) ?? new Set();
  sets.set(key, keys);
  return keys;
}

/** The end of a request and its task; of one that is signed for a batch also mixer, epoch and sequence of that. */
function bytesOf({ task, validUntilMs, turn }: Used): Uint8Array {
  const numbers = turn === null ? [validUntilMs] : [validUntilMs, turn.mixer, turn.epoch, turn.sequence];
  const [end = new Uint8Array(), ...rest] = numbers.map((number) => littleEndian(number, numberBytes));
  return concatBytes([end, bytesOfTask(task), ...rest]);
}

function usedOf(bytes: Uint8Array): Used {
  const numberAt = (offset: number) => Number(firstUint64(bytes, offset));
  const turnAt = numberBytes + taskBytes;
  const numberIn = (index: number) => numberAt(turnAt + index * numberBytes);
  return {
    task: toHex(bytes.subarray(numberBytes, turnAt)),
    validUntilMs: numberAt(0),
    turn: bytes.length === turnAt ? null : { mixer: numberIn(0), epoch: numberIn(1), sequence: numberIn(2) },
  };
}
