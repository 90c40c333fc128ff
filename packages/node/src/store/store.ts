import { mkdirSync } from 'node:fs';
import type { BlockResult } from '@assay/ledger';
import {
  AssayError,
  Block,
  type EpochClose,
  isMarked,
  type LedgerEvent,
  ledgerEventShape,
  type MarkedEvent,
  markedEvents,
  type ResultCode,
  resultCodes,
  Seal,
  type SealedBlock,
} from '@assay/protocol';
import type { RoleStore } from '@assay/roles/ports/store';
import { encodeText, enumOf, equalBytes, list, type Shaped, toHex } from '@assay/ssz';
import type { Database, RootDatabase } from 'lmdb';
import { version } from '../version.ts';
import { CheckedRows } from './checked-rows.ts';
import { causeOf, diskFailure, requireReserve } from './failures.ts';
import { type DirectoryLock, lockDirectory } from './lock.ts';
import { repairDataFile } from './repair.ts';
import { type ExpiryKey, LmdbRoleStore } from './role-store.ts';
import { codecOf, type ShapeCodec } from './shape-codec.ts';
import { Snapshots } from './snapshots.ts';
import { openEnvironment, openTables, type Tables, viewKeys } from './tables.ts';
import { type LedgerRows, type TaskChanges, type TaskRecord, taskChanges, taskRecordShape } from './tasks.ts';

/** Layout of the tables; a store of another is refused. */
const layout = 3;
/** Present while the views hold something that is not what was written. */
const damagedViewsKey = 'damagedViews';

/** What a block did: the codes in the order of its transactions, then the events. */
const storedResultShape = {
  codes: list(enumOf(...(Object.keys(resultCodes) as ResultCode[]))),
  events: list(ledgerEventShape),
};
export type StoredResult = Shaped<typeof storedResultShape>;

/** The rows of views. */
const resultRow = codecOf(storedResultShape);
const taskRow = codecOf(taskRecordShape);
const rows = new CheckedRows(resultRow, taskRow, { layout: encodeText(markedEvents.join()) });

export interface StoreOptions {
  readonly dir: string;
  readonly genesisHash: Uint8Array;
  /** Reads beside the process that writes; takes no lock. */
  readonly readOnly?: boolean;
  /** Encrypts what roles remember (§16.10); without it anybody who knows the genesis can read that. */
  readonly secret?: Uint8Array;
  /** Told, in a line for people, when something was damaged and is made again. */
  readonly onNotice?: (line: string) => void;
}

/** A block with what it did, ready to be made durable. */
export interface BlockCommit {
  readonly block: Block;
  /** The block, serialised. */
  readonly bytes: Uint8Array;
  /** Null when the next block brings it. */
  readonly seal: Seal | null;
  readonly result: BlockResult;
  /** The ledger's state after the block, when this block carries a snapshot. */
  readonly snapshot: Uint8Array | null;
  /** Tasks and audits in the state after the block. */
  readonly rows: LedgerRows;
}

/**
 * Opens a data directory, or begins one. Throws AssayError DATA_IN_USE, OTHER_CHAIN, DATA_DAMAGED, DISK_FULL or
 * DISK_FAILED.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { dir, genesisHash, readOnly = false, secret = genesisHash, onNotice = () => {} } = options;
  let lock: DirectoryLock | null = null;
  let environment: RootDatabase | null = null;
  try {
    if (!readOnly) {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      requireReserve(dir);
      lock = lockDirectory(dir);
    }
    await repairDataFile(dir, { readOnly, onNotice });
    environment = openEnvironment(dir, { readOnly });
    const tables = openTables(environment);
    await bindChain(tables.meta, dir, genesisHash);
    return new Store({ dir, lock, environment, tables, secret, onNotice });
  } catch (error) {
    await environment?.close();
    lock?.release();
    throw diskFailure(dir, error);
  }
}

async function bindChain(meta: Tables['meta'], dir: string, genesisHash: Uint8Array): Promise<void> {
  const stored = meta.get('chain');
  if (stored === undefined) {
    await meta.put('chain', Buffer.from([layout, ...genesisHash]));
    return;
  }
  if (stored[0] !== layout) {
    const layouts = `It is written in layout ${stored[0]}, and version ${version} reads layout ${layout}.`;
    throw new AssayError('DATA_DAMAGED', `${dir} is of another version of this program. ${layouts}`);
  }
  const hash = stored.subarray(1);
  if (equalBytes(hash, genesisHash)) return;
  const detail = `${dir} holds the chain of genesis ${toHex(hash)}, asked for was ${toHex(genesisHash)}.`;
  throw new AssayError('OTHER_CHAIN', detail);
}

/** What the application needs of a store. */
export type ChainStore = Pick<
  Store,
  | 'dir'
  | 'height'
  | 'base'
  | 'viewsHeight'
  | 'blockAt'
  | 'sealAt'
  | 'putSeal'
  | 'resultAt'
  | 'snapshotHeights'
  | 'snapshotAt'
  | 'begin'
  | 'commit'
  | 'clearViews'
  | 'restoreViews'
>;

/** A node's data directory: blocks, what they did, snapshots of the state, views, and what the roles remember. */
export class Store {
  readonly dir: string;
  readonly snapshots: Snapshots;
  readonly #lock: DirectoryLock | null;
  readonly #environment: RootDatabase;
  readonly #tables: Tables;
  readonly #roles = new Map<string, LmdbRoleStore>();
  readonly #secret: Uint8Array;
  readonly #onNotice: (line: string) => void;
  #hasDamagedViews: boolean;

  constructor(parts: {
    dir: string;
    lock: DirectoryLock | null;
    environment: RootDatabase;
    tables: Tables;
    secret: Uint8Array;
    onNotice: (line: string) => void;
  }) {
    this.dir = parts.dir;
    this.#lock = parts.lock;
    this.#environment = parts.environment;
    this.#tables = parts.tables;
    this.snapshots = new Snapshots(parts.tables, () => this.base);
    this.#secret = parts.secret;
    this.#onNotice = parts.onNotice;
    this.#hasDamagedViews = parts.tables.meta.doesExist(damagedViewsKey) || !isLastSound(parts.tables.results);
  }

  /** Height of the last durable block; 0 when there is none. */
  get height(): number {
    return lastKey(this.#tables.blocks) ?? 0;
  }

  /** Height whose state the chain here began with: it has no block below; 0 when that is the genesis. */
  get base(): number {
    const [first = 0] = this.#tables.blocks.getKeys({ limit: 1 });
    return first > 1 ? first : 0;
  }

  /** The serialised block at a height; null when there is none. */
  blockAt(height: number): Uint8Array | null {
    return copyOf(this.#tables.blocks.get(height));
  }

  /** The serialised seal of the block at a height; null while there is none. */
  sealAt(height: number): Uint8Array | null {
    return copyOf(this.#tables.seals.get(height));
  }

  /** What the block at a height did; null when there is none, or its state is where the chain here began. */
  resultAt(height: number): StoredResult | null {
    const stored = this.#tables.results.get(height);
    return stored === undefined || height === this.base ? null : this.#read(resultRow, stored);
  }

  /** Heights of the newest snapshots, and of the one that the chain here began with; newest first. */
  snapshotHeights(): readonly number[] {
    return this.snapshots.offered;
  }

  /** The state after the block of a height, as `Ledger.snapshot` gave it. */
  snapshotAt(height: number): Uint8Array | null {
    return copyOf(this.#tables.snapshots.get(height));
  }

  /** At most `limit` heights from `from` on of blocks with an event of a type, rising. */
  heightsWith(type: MarkedEvent, { from, limit }: { from: number; limit: number }): number[] {
    const place = markedEvents.indexOf(type);
    const keys = this.#tables.marks.getKeys({ start: [place, from], end: [place + 1, 0], limit });
    return Array.from(keys, ([, height]) => height);
  }

  /** The record of a task; null until it is certified in a durable block. */
  task(taskId: Uint8Array): TaskRecord | null {
    const stored = taskId.length === 32 ? this.#tables.tasks.get(taskId) : undefined;
    return stored === undefined ? null : this.#read(taskRow, stored);
  }

  /** At most `limit` tasks, newest first: all, or those whose order is below `before`. */
  recentTasks({ limit, before }: { limit: number; before?: number | undefined }): TaskRecord[] {
    const start = before === undefined ? {} : { start: Math.max(before - 1, 0) };
    const ids = this.#tables.taskOrder.getRange({ ...start, reverse: true, limit });
    return Array.from(ids, ({ value }) => this.task(value)).filter((record) => record !== null);
  }

  /** How many tasks were ever certified. */
  get taskCount(): number {
    return lastKey(this.#tables.taskOrder) ?? 0;
  }

  /** What a closed epoch paid and the height of the block that closed it; null while it is open. */
  epochClose(epoch: number): { readonly height: number; readonly close: EpochClose } | null {
    const height = this.#tables.epochs.get(epoch);
    const closes = height === undefined ? [] : (this.resultAt(height)?.events.filter(isClose) ?? []);
    const close = closes.find((closed) => closed.close.epoch === epoch)?.close;
    return height === undefined || close === undefined ? null : { height, close };
  }

  /**
   * Makes a block durable with everything that follows from it, all or nothing. Rejects with AssayError DISK_FULL or
   * DISK_FAILED, or DATA_IN_USE when another process may have the directory, and then the block is not there.
   */
  async commit(commit: BlockCommit): Promise<void> {
    // §16.13
    this.#lock?.requireHeld();
    const { height } = commit.block.header;
    const changes = this.#taskChanges(commit);
    const bytes = commit.bytes.length + (commit.snapshot?.length ?? 0);
    await this.#write(bytes, () => [
      this.#tables.blocks.put(height, Buffer.from(commit.bytes)),
      ...(commit.seal === null ? [] : [this.#tables.seals.put(height, Buffer.from(Seal.serialize(commit.seal)))]),
      ...this.#putViews(height, commit.result, changes),
      ...(commit.snapshot === null ? [] : this.snapshots.put(height, commit.snapshot)),
      ...this.#deleteExpired(height),
    ]);
  }

  /** Makes the seal of a block durable that is there. Rejects as `commit` does. */
  async putSeal(height: number, seal: Seal): Promise<void> {
    this.#lock?.requireHeld();
    await this.#write(0, () => [this.#tables.seals.put(height, Buffer.from(Seal.serialize(seal)))]);
  }

  /**
   * Begins a chain that is empty here with a block and the state after it; what came before stays unknown. Rejects as
   * `commit` does.
   */
  async begin({ block, seal }: SealedBlock, snapshot: Uint8Array): Promise<void> {
    this.#lock?.requireHeld();
    if (this.height > 0) throw new Error(`${this.dir} holds blocks already`);
    const { height } = block.header;
    await this.#write(snapshot.length, () => [
      this.#tables.blocks.put(height, Buffer.from(Block.serialize(block))),
      ...(seal === null ? [] : [this.#tables.seals.put(height, Buffer.from(Seal.serialize(seal)))]),
      this.#tables.results.put(height, rows.encode(resultRow, { codes: [], events: [] })),
      this.#tables.snapshots.put(height, Buffer.from(snapshot)),
    ]);
  }

  /** Height to which the views reach; below `height` when they were found damaged, or rebuilding them was cut off. */
  get viewsHeight(): number {
    return this.#hasDamagedViews ? 0 : (lastKey(this.#tables.results) ?? 0);
  }

  /** Empties the views; then every block after `base` has to go through `restoreViews` again. */
  async clearViews(): Promise<void> {
    // §16.1
    this.#onNotice(
      `The views in ${this.dir} are damaged, incomplete or of another version, and are made again from the blocks.`,
    );
    await this.#write(0, () => [
      ...viewKeys.map((key) => this.#tables[key].clearAsync()),
      this.#tables.meta.remove(damagedViewsKey),
    ]);
    this.#hasDamagedViews = false;
  }

  /** Writes the views of a block that is durable already. */
  async restoreViews(commit: Omit<BlockCommit, 'bytes' | 'seal' | 'snapshot'>): Promise<void> {
    const changes = this.#taskChanges(commit);
    await this.#write(0, () => this.#putViews(commit.block.header.height, commit.result, changes));
  }

  /** The durable memory of a role; one name, one memory. */
  roleStore(role: string): RoleStore {
    return this.#roleStore(role);
  }

  /** Finishes what is being written and gives the directory free. */
  async close(): Promise<void> {
    for (const role of this.#roles.values()) role.close();
    await this.#environment.close();
    this.#lock?.release();
  }

  #roleStore(role: string): LmdbRoleStore {
    let store = this.#roles.get(role);
    if (store === undefined) {
      const fail = (error: unknown) => diskFailure(this.dir, error);
      store = new LmdbRoleStore(role, { tables: this.#tables, secret: this.#secret, fail });
      this.#roles.set(role, store);
    }
    return store;
  }

  #taskChanges(commit: Pick<BlockCommit, 'block' | 'result' | 'rows'>): TaskChanges {
    return taskChanges({
      ...commit,
      recordOf: (id) => this.task(id),
      nextOrder: this.taskCount + 1,
      isWhole: this.base === 0,
    });
  }

  #putViews(height: number, result: BlockResult, { changed, added }: TaskChanges): Promise<unknown>[] {
    const { results, tasks, taskOrder, epochs, marks } = this.#tables;
    const marked = new Set(result.events.map(({ type }) => type).filter(isMarked));
    const codes = result.transactions.map(({ code }) => code);
    return [
      results.put(height, rows.encode(resultRow, { codes, events: result.events })),
      ...Array.from(changed.values(), (record) => tasks.put(record.receipt.taskId, rows.encode(taskRow, record))),
      ...added.map(({ order, receipt }) => taskOrder.put(order, Buffer.from(receipt.taskId))),
      ...result.events.filter(isClose).map(({ close }) => epochs.put(close.epoch, height)),
      ...Array.from(marked, (type) => marks.put([markedEvents.indexOf(type), height], Buffer.alloc(0))),
    ];
  }

  /** A row of a view. Throws AssayError DATA_DAMAGED, and has the views made again by the next start. */
  #read<S>(row: ShapeCodec<S>, stored: Buffer): Shaped<S> {
    const value = rows.decode(row, stored);
    if (value !== null) return value;
    // §16.1
    this.#hasDamagedViews = true;
    if (this.#lock !== null) this.#tables.meta.put(damagedViewsKey, Buffer.alloc(0)).catch(() => {});
    const detail = `A view in ${this.dir} is damaged; the next start makes all of them again from the blocks.`;
    throw new AssayError('DATA_DAMAGED', detail);
  }

  #deleteExpired(height: number): Promise<unknown>[] {
    const removed: Promise<unknown>[] = [];
    for (const { key } of this.#tables.expiries.getRange({ end: [height + 1] as unknown as ExpiryKey })) {
      const [expiryHeight, role, name] = key;
      this.#roleStore(role).expire(name, expiryHeight);
      removed.push(this.#tables.expiries.remove(key));
    }
    return removed;
  }

  /** Runs the writes of `action`, of about so many bytes, as one transaction; resolves when it is on the disk. */
  async #write(bytes: number, action: () => Promise<unknown>[]): Promise<void> {
    try {
      requireReserve(this.dir, bytes);
      await this.#environment.batch(() => {
        // Each fails beside the whole, which is what counts.
        for (const write of action()) write.catch(() => {});
      });
    } catch (error) {
      throw diskFailure(this.dir, await causeOf(error));
    }
  }
}

function isClose(event: LedgerEvent): event is Extract<LedgerEvent, { type: 'epochClosed' }> {
  return event.type === 'epochClosed';
}

/** Whether this version reads the last row of the results: then it, or one of the same layout, wrote all of them. */
function isLastSound(results: Tables['results']): boolean {
  const [last] = results.getRange({ reverse: true, limit: 1 });
  return last === undefined || rows.decode(resultRow, last.value) !== null;
}

function lastKey(table: Database<Buffer, number>): number | undefined {
  const [last] = table.getKeys({ reverse: true, limit: 1 });
  return last;
}

/** The encodings slice their input, and a slice of a Buffer would be a view into it. */
function copyOf(stored: Buffer | undefined): Uint8Array | null {
  return stored === undefined ? null : Uint8Array.from(stored);
}
