import type { BlockCommit } from '@assay/node/store/store';
import { type TaskRecord, taskChanges } from '@assay/node/store/tasks';
import { type ResultCode, Seal } from '@assay/protocol';
import type { Runtime } from '@assay/roles/ports/runtime';
import type { RoleStore } from '@assay/roles/ports/store';
import { toHex } from '@assay/ssz';
import type { WorldStore } from './world-store.ts';

/** How long a group of writes is on its way to the disk, milliseconds. */
const flushMs = 2;

interface Entry {
  readonly value: Uint8Array;
  readonly expiryHeight: number;
}

/** What a role remembers. It survives the role; what was not flushed is lost in a crash, as on a disk. */
export class MemoryRoleStore implements RoleStore {
  readonly #sleep: Runtime['sleep'];
  readonly #entries = new Map<string, Entry>();
  /** What was written with an expiry height, by height; the entry's own height decides. */
  readonly #expiring = new Map<number, string[]>();
  /** What stood there before each write that is not durable yet, the oldest first. */
  #undo: { readonly key: string; readonly before: Entry | undefined }[] = [];
  #durableWrites = 0;

  constructor(sleep: Runtime['sleep']) {
    this.#sleep = sleep;
  }

  get(key: string): Uint8Array | undefined {
    return this.#entries.get(key)?.value;
  }

  put(key: string, value: Uint8Array, expiryHeight = 0): void {
    this.#write(key, { value: Uint8Array.from(value), expiryHeight });
  }

  delete(key: string): void {
    this.#write(key, undefined);
  }

  *entries(prefix: string): Iterable<{ key: string; value: Uint8Array }> {
    const found = [...this.#entries].filter(([key]) => key.startsWith(prefix));
    for (const [key, { value }] of found.sort(([a], [b]) => (a < b ? -1 : 1))) yield { key, value };
  }

  async flushed(): Promise<void> {
    const writes = this.#durableWrites + this.#undo.length;
    await this.#sleep(flushMs);
    this.#settle(writes);
  }

  /** Deletes what expires with the block of a height; a block takes every write before it to the disk. */
  expire(height: number): void {
    for (const key of this.#expiring.get(height) ?? []) {
      if (this.#entries.get(key)?.expiryHeight === height) this.#entries.delete(key);
    }
    this.#expiring.delete(height);
    this.#settle(this.#durableWrites + this.#undo.length);
  }

  /** Takes back what is not durable. */
  crash(): void {
    for (const { key, before } of this.#undo.reverse()) this.#set(key, before);
    this.#undo = [];
  }

  #write(key: string, entry: Entry | undefined): void {
    this.#undo.push({ key, before: this.#entries.get(key) });
    this.#set(key, entry);
    if (entry === undefined || entry.expiryHeight === 0) return;
    const expiring = this.#expiring.get(entry.expiryHeight);
    if (expiring === undefined) this.#expiring.set(entry.expiryHeight, [key]);
    else expiring.push(key);
  }

  #set(key: string, entry: Entry | undefined): void {
    if (entry === undefined) this.#entries.delete(key);
    else this.#entries.set(key, entry);
  }

  #settle(writes: number): void {
    const newly = Math.min(writes - this.#durableWrites, this.#undo.length);
    if (newly <= 0) return;
    this.#undo.splice(0, newly);
    this.#durableWrites += newly;
  }
}

/** A chain and what its roles remember, in memory. Writing takes simulated time, so that durability has an order. */
export class MemoryStore implements WorldStore {
  readonly dir: string;
  readonly #sleep: Runtime['sleep'];
  readonly base = 0;
  readonly #blocks: Uint8Array[] = [];
  readonly #seals: Uint8Array[] = [];
  readonly #codes: ResultCode[][] = [];
  readonly #roles = new Map<string, MemoryRoleStore>();
  readonly #tasks = new Map<string, TaskRecord>();

  /** `dir`: where the application leaves what broke its ledger. */
  constructor(dir: string, sleep: Runtime['sleep']) {
    this.dir = dir;
    this.#sleep = sleep;
  }

  get height(): number {
    return this.#blocks.length;
  }

  get viewsHeight(): number {
    return this.height;
  }

  blockAt(height: number): Uint8Array | null {
    return this.#blocks[height - 1] ?? null;
  }

  sealAt(height: number): Uint8Array | null {
    return this.#seals[height - 1] ?? null;
  }

  task(taskId: Uint8Array): TaskRecord | null {
    return this.#tasks.get(toHex(taskId)) ?? null;
  }

  async commit({ bytes, block, seal, result, rows }: BlockCommit): Promise<void> {
    const recordOf = (taskId: Uint8Array) => this.task(taskId);
    const { changed } = taskChanges({ block, result, rows, recordOf, nextOrder: this.#tasks.size + 1, isWhole: true });
    await this.#sleep(flushMs);
    for (const [id, record] of changed) this.#tasks.set(id, record);
    this.#blocks.push(bytes);
    if (seal !== null) this.#seals.push(Seal.serialize(seal));
    this.#codes.push(result.transactions.map(({ code }) => code));
    for (const role of this.#roles.values()) role.expire(block.header.height);
  }

  roleStore(role: string): MemoryRoleStore {
    const store = this.#roles.get(role) ?? new MemoryRoleStore(this.#sleep);
    this.#roles.set(role, store);
    return store;
  }

  /** Codes alone: there are no views of blocks and no snapshots, so who opens it again reads every block. */
  resultAt(height: number): ReturnType<WorldStore['resultAt']> {
    const codes = this.#codes[height - 1];
    return codes === undefined ? null : { codes, events: [] };
  }

  snapshotHeights(): readonly number[] {
    return [];
  }

  snapshotAt(): null {
    return null;
  }

  async putSeal(): Promise<never> {
    throw new Error('every block of a world has its seal');
  }

  async clearViews(): Promise<void> {}

  async restoreViews(): Promise<void> {}
}
