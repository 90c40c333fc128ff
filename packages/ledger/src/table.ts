import { ChunkTree, lengthChunk, withLength } from '@assay/protocol';

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
  readonly elementType: { rootsOf(rows: readonly Readonly<Row>[]): Uint8Array };
}

/** The working copy of one SSZ list: plain rows in front of its tree, which is brought up to date when asked. */
export class Table<Row> implements ReadonlyTable<Row> {
  readonly #type: ListType<Row>;
  readonly #rows: Readonly<Row>[];
  readonly #moneyOf: (row: Readonly<Row>) => bigint;
  readonly #dirty = new Set<number>();
  #units = 0n;
  #tree: ChunkTree;

  /** `moneyOf` gives the base units a row holds. */
  constructor(type: ListType<Row>, rows: readonly Readonly<Row>[], moneyOf: (row: Readonly<Row>) => bigint) {
    this.#type = type;
    this.#rows = [...rows];
    this.#moneyOf = moneyOf;
    this.#units = this.countUnits();
    this.#tree = this.#newTree();
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

  get(index: number): Readonly<Row> | undefined {
    return this.#rows[index];
  }

  at(index: number): Readonly<Row> {
    const row = this.#rows[index];
    if (row === undefined) throw new RangeError(`there is no row ${index} of ${this.#rows.length}`);
    return row;
  }

  [Symbol.iterator](): Iterator<Readonly<Row>> {
    return this.#rows.values();
  }

  set(index: number, row: Readonly<Row>): void {
    this.#units += this.#moneyOf(row) - this.#moneyOf(this.at(index));
    this.#rows[index] = row;
    this.#dirty.add(index);
  }

  /** Replaces some fields of a row. */
  update(index: number, change: Partial<Row>): void {
    this.set(index, { ...this.at(index), ...change });
  }

  /** Appends a row and gives its index. */
  push(row: Readonly<Row>): number {
    const index = this.#rows.push(row) - 1;
    this.#units += this.#moneyOf(row);
    this.#dirty.add(index);
    return index;
  }

  /** Keeps the rows that pass, in order; indexes change. Gives whether any was dropped. */
  retain(keep: (row: Readonly<Row>) => boolean): boolean {
    const kept = this.#rows.filter(keep);
    if (kept.length === this.#rows.length) return false;
    this.#rows.length = 0;
    for (const row of kept) this.#rows.push(row);
    this.#units = this.countUnits();
    this.#tree = this.#newTree();
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
    if (this.#dirty.size === 0) return;
    const indexes = Uint32Array.from(this.#dirty).sort((a, b) => a - b);
    const rows = Array.from(indexes, (index) => this.at(index));
    this.#tree.set(indexes, this.#type.elementType.rootsOf(rows));
    this.#dirty.clear();
  }

  /** An empty tree, into which all rows are still to go. */
  #newTree(): ChunkTree {
    this.#dirty.clear();
    for (const index of this.#rows.keys()) this.#dirty.add(index);
    return new ChunkTree(this.#type.chunkDepth);
  }
}

/** Sets the index of each row by its key. */
export function reindex<Row>(
  indexOf: Map<string, number>,
  table: ReadonlyTable<Row>,
  keyOfRow: (row: Readonly<Row>) => string,
): void {
  indexOf.clear();
  for (let i = 0; i < table.length; i++) indexOf.set(keyOfRow(table.at(i)), i);
}
