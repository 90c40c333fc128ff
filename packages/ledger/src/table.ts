import type { Node } from '@chainsafe/persistent-merkle-tree';

/** Rows of one kind by index, for reading. A row is never changed: a newer one takes its place. */
export interface ReadonlyTable<Row> extends Iterable<Readonly<Row>> {
  readonly length: number;
  /** The row at `index`; undefined when there is none. */
  get(index: number): Readonly<Row> | undefined;
  /** The row at an index known to exist; throws otherwise, for that is a broken invariant. */
  at(index: number): Readonly<Row>;
}

/** What a table needs of its SSZ list type and of the list's view. */
interface ListType<Row, View> {
  readonly elementType: { nodesOf(rows: readonly Row[]): Node[]; getViewDU(node: Node): unknown };
  defaultViewDU(): View;
}
interface ListView {
  readonly length: number;
  set(index: number, view: unknown): void;
  push(view: unknown): void;
}

/** The working copy of one SSZ list: plain rows in front of the tree, written back by `flush`. */
export class Table<Row> implements ReadonlyTable<Row> {
  readonly #rows: Readonly<Row>[];
  readonly #moneyOf: (row: Readonly<Row>) => bigint;
  readonly #dirty = new Set<number>();
  #units = 0n;
  #rebuilt = false;

  /** `moneyOf` gives the base units a row holds. All rows count as changed: the first `flush` writes them. */
  constructor(rows: readonly Readonly<Row>[], moneyOf: (row: Readonly<Row>) => bigint) {
    this.#rows = [...rows];
    this.#moneyOf = moneyOf;
    this.#units = this.countUnits();
    this.#rebuild();
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
    this.#rebuild();
    return true;
  }

  /** Writes what changed since the last call to `list`; gives the view that now holds the rows. */
  flush<View extends ListView>(type: ListType<Row, View>, list: View): View {
    const view = this.#rebuilt ? type.defaultViewDU() : list;
    const indexes = [...this.#dirty];
    const nodes = type.elementType.nodesOf(indexes.map((index) => this.at(index)));
    for (const [place, index] of indexes.entries()) {
      const node = nodes[place];
      if (node === undefined) throw new RangeError(`row ${index} has no node`);
      const row = type.elementType.getViewDU(node);
      if (index < view.length) view.set(index, row);
      else view.push(row);
    }
    this.#dirty.clear();
    this.#rebuilt = false;
    return view;
  }

  #rebuild(): void {
    this.#rebuilt = true;
    this.#dirty.clear();
    for (const index of this.#rows.keys()) this.#dirty.add(index);
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
