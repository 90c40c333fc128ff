import { ChunkTree, lengthChunk, withLength } from '@assay/protocol';
import { type Pace, READ, type Steps } from './pace.ts';

/** Rows of one kind by index, for reading. A row is never changed: a newer one takes its place. */
export interface ReadonlyTable<Row> extends Iterable<Readonly<Row>> {
  readonly length: number;
  /** The row at `index`; undefined when there is none. */
  get(index: number): Readonly<Row> | undefined;
  /** The row at an index known to exist; throws otherwise, for that is a broken invariant. */
  at(index: number): Readonly<Row>;
}

/** What a table needs of its SSZ list type. */
interface ListType<Row> {
  /** Levels from the row roots up to the root that the length is mixed into. */
  readonly chunkDepth: number;
  readonly elementType: {
    /** The change with no integer above what its field can hold. */
    bounded(change: Partial<Row>): Partial<Row>;
    /** The roots of rows, 32 bytes each. */
    rootsOf(rows: readonly Readonly<Row>[]): Uint8Array;
  };
}

/** Rows that stand still, whatever becomes of the table they were taken from. */
export class FrozenRows<Row> implements ReadonlyTable<Row> {
  readonly #rows: readonly Readonly<Row>[];
  /** Root of the SSZ list of them. */
  readonly root: Uint8Array;

  constructor(rows: readonly Readonly<Row>[], root: Uint8Array) {
    this.#rows = rows;
    this.root = root;
  }

  get length(): number {
    return this.#rows.length;
  }

  get(index: number): Readonly<Row> | undefined {
    return this.#rows[index];
  }

  at(index: number): Readonly<Row> {
    return existing(this.#rows[index], index, this.length);
  }

  [Symbol.iterator](): Iterator<Readonly<Row>> {
    return this.#rows.values();
  }
}

function existing<Row>(row: Readonly<Row> | undefined, index: number, length: number): Readonly<Row> {
  if (row === undefined) throw new RangeError(`there is no row ${index} of ${length}`);
  return row;
}

/** The working copy of one SSZ list: plain rows in front of its tree, which is brought up to date when asked. */
export class Table<Row> implements ReadonlyTable<Row> {
  readonly #type: ListType<Row>;
  readonly #rows: Readonly<Row>[];
  readonly #moneyOf: (row: Readonly<Row>) => bigint;
  /** Indexes of the rows that changed since the tree was brought up to date, in any order, and whether a row did. */
  #dirty: number[] = [];
  #isDirty: boolean[] = [];
  #units = 0n;
  #tree: ChunkTree;

  /** `moneyOf` gives the base units a row holds. */
  constructor(type: ListType<Row>, rows: readonly Readonly<Row>[], moneyOf: (row: Readonly<Row>) => bigint) {
    this.#type = type;
    this.#rows = [...rows];
    this.#moneyOf = moneyOf;
    this.#units = this.countUnits();
    this.#dirty = [...this.#rows.keys()];
    this.#isDirty = this.#rows.map(() => true);
    this.#tree = new ChunkTree(type.chunkDepth);
  }

  get length(): number {
    return this.#rows.length;
  }

  /** Base units in all rows, kept up with every change. */
  get units(): bigint {
    return this.#units;
  }

  /** Base units in all rows, counted anew. */
  countUnits(): bigint {
    let units = 0n;
    for (const row of this.#rows) units += this.#moneyOf(row);
    return units;
  }

  /** What all rows hold beyond the running total, both as they are when it begins. */
  *driftUnits(pace: Pace): Steps<bigint> {
    let drift = -this.#units;
    for (const row of this.#rows.slice()) {
      drift += this.#moneyOf(row);
      if (pace.isSpent(READ)) yield;
    }
    return drift;
  }

  get(index: number): Readonly<Row> | undefined {
    return this.#rows[index];
  }

  at(index: number): Readonly<Row> {
    return existing(this.#rows[index], index, this.length);
  }

  [Symbol.iterator](): Iterator<Readonly<Row>> {
    return this.#rows.values();
  }

  /** All rows as they are now. */
  frozen(): FrozenRows<Row> {
    return new FrozenRows(this.#rows.slice(), this.root());
  }

  /** Puts a row in the place of another. */
  set(index: number, row: Readonly<Row>): void {
    const [units, before] = [this.#moneyOf(row), this.#moneyOf(this.at(index))];
    if (units !== before) this.#units += units - before;
    this.#rows[index] = row;
    if (this.#isDirty[index] !== true) this.#dirty.push(index);
    this.#isDirty[index] = true;
  }

  /** Replaces some fields of a row; a counter stops at what its field can hold (§2.11). */
  update(index: number, wanted: Partial<Row>): void {
    const change = this.#type.elementType.bounded(wanted);
    this.set(index, { ...this.at(index), ...change });
  }

  /** Appends a row and gives its index. */
  push(row: Readonly<Row>): number {
    const index = this.#rows.push(row) - 1;
    this.#units += this.#moneyOf(row);
    this.#dirty.push(index);
    this.#isDirty.push(true);
    return index;
  }

  /** Keeps the rows that pass, in order; indexes change. Gives whether any was dropped. */
  retain(keep: (row: Readonly<Row>, index: number) => boolean): boolean {
    const kept = Uint32Array.from(this.#rows.keys()).filter((index) => keep(this.at(index), index));
    if (kept.length === this.#rows.length) return false;
    this.#hashChanged();
    const roots = this.#tree.chunksAt(kept);
    for (const [index, from] of kept.entries()) this.#rows[index] = this.at(from);
    this.#rows.length = kept.length;
    this.#isDirty.length = kept.length;
    this.#units = this.countUnits();
    this.#tree = new ChunkTree(this.#type.chunkDepth);
    this.#tree.set(
      kept.map((_, index) => index),
      roots,
    );
    return true;
  }

  /** Root of the SSZ list of all rows. */
  root(): Uint8Array {
    this.#hashChanged();
    return withLength(this.#tree.root(), this.length);
  }

  /** The Merkle siblings of an existing row up to `root()`, lowest first. */
  path(index: number): Uint8Array[] {
    this.#hashChanged();
    return [...this.#tree.path(index), lengthChunk(this.length)];
  }

  #hashChanged(): void {
    const dirty = Uint32Array.from(this.#dirty).sort((a, b) => a - b);
    this.#tree.set(dirty, this.#type.elementType.rootsOf(Array.from(dirty, (index) => this.at(index))));
    for (const index of dirty) this.#isDirty[index] = false;
    this.#dirty = [];
  }
}

/** A byte string as a key of a map. */
export const keyOf = (bytes: Uint8Array): string => Reflect.apply(String.fromCharCode, null, bytes);

/** An account and a row as a key of a map. */
export const pairKey = (account: Uint8Array, row: number): string => `${keyOf(account)}/${row}`;

/** Sets the index of each row by its key. */
export function reindex<Row>(
  indexOf: Map<string, number>,
  table: ReadonlyTable<Row>,
  keyOfRow: (row: Readonly<Row>) => string,
): void {
  indexOf.clear();
  for (let i = 0; i < table.length; i++) indexOf.set(keyOfRow(table.at(i)), i);
}
