import type { BlockCommit, StoredResult } from '@assay/node/store/store';
import { type TaskRecord, taskChanges } from '@assay/node/store/tasks';
import { Block, Seal, type SealedBlock } from '@assay/protocol';
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
  readonly #blocks = new Map<number, Uint8Array>();
  readonly #seals = new Map<number, Uint8Array>();
  readonly #results = new Map<number, StoredResult>();
  readonly #snapshots = new Map<number, Uint8Array>();
  #base = 0;
  #height = 0;
  readonly #roles = new Map<string, MemoryRoleStore>();
  readonly #tasks = new Map<string, TaskRecord>();

  /** `dir`: where the application leaves what broke its ledger. */
  constructor(dir: string, sleep: Runtime['sleep']) {
    this.dir = dir;
    this.#sleep = sleep;
  }

  get height(): number {
    return this.#height;
  }

  get base(): number {
    return this.#base;
  }

  get viewsHeight(): number {
    return this.height;
  }

  blockAt(height: number): Uint8Array | null {
    return this.#blocks.get(height) ?? null;
  }

  sealAt(height: number): Uint8Array | null {
    return this.#seals.get(height) ?? null;
  }

  task(taskId: Uint8Array): TaskRecord | null {
    return this.#tasks.get(toHex(taskId)) ?? null;
  }

  async commit({ bytes, block, seal, result, snapshot, rows }: BlockCommit): Promise<void> {
    const recordOf = (taskId: Uint8Array) => this.task(taskId);
    const { changed } = taskChanges({
      block,
      result,
      rows,
      recordOf,
      nextOrder: this.#tasks.size + 1,
      isWhole: this.base === 0,
    });
    await this.#sleep(flushMs);
    for (const [id, record] of changed) this.#tasks.set(id, record);
    this.#add(block.header.height, bytes, seal);
    const codes = result.transactions.map(({ code }) => code);
    this.#results.set(result.height, { codes, events: result.events });
    if (snapshot !== null) this.#keep(result.height, snapshot);
    for (const role of this.#roles.values()) role.expire(block.header.height);
  }

  async begin({ block, seal }: SealedBlock, snapshot: Uint8Array): Promise<void> {
    if (this.height > 0) throw new Error(`${this.dir} holds blocks already`);
    await this.#sleep(flushMs);
    this.#base = block.header.height;
    this.#snapshots.set(this.#base, snapshot);
    this.#add(this.#base, Block.serialize(block), seal);
  }

  roleStore(role: string): MemoryRoleStore {
    const store = this.#roles.get(role) ?? new MemoryRoleStore(this.#sleep);
    this.#roles.set(role, store);
    return store;
  }

  resultAt(height: number): StoredResult | null {
    return this.#results.get(height) ?? null;
  }

  snapshotHeights(): readonly number[] {
    return [...this.#snapshots.keys()].reverse();
  }

  snapshotAt(height: number): Uint8Array | null {
    return this.#snapshots.get(height) ?? null;
  }

  async putSeal(height: number, seal: Seal): Promise<void> {
    await this.#sleep(flushMs);
    this.#seals.set(height, Seal.serialize(seal));
  }

  async clearViews(): Promise<void> {}

  async restoreViews(): Promise<void> {}

  /** Of all but the first one, the newest alone. */
  #keep(height: number, snapshot: Uint8Array): void {
    for (const old of this.#snapshots.keys()) if (old !== this.#base) this.#snapshots.delete(old);
    this.#snapshots.set(height, snapshot);
  }

  #add(height: number, block: Uint8Array, seal: Seal | null): void {
    this.#height = height;
    this.#blocks.set(height, block);
    if (seal !== null) this.#seals.set(height, Seal.serialize(seal));
  }
}
