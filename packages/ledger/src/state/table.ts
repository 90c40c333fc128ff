import type { TableFacts } from '@assay/protocol';
import { ChunkTree, equalBytes, lengthChunk, PackedRows, type Ref, type RowFormat, withLength } from '@assay/ssz';
import { invariant } from '../arithmetic/invariant.ts';
import { type Pace, READ, type Steps } from '../arithmetic/pace.ts';
import { Indexes, keyOfParts } from './indexes.ts';
import { Rows } from './rows.ts';

/** Rows of one kind by index, for reading. A row is never changed: a newer one takes its place. */
export interface ReadonlyTable<
  Row,
  Key extends readonly unknown[] = never,
  Unique extends string = never,
  Name extends string = string,
> extends Iterable<Readonly<Row>> {
  readonly length: number;
  /** The row at `index`; undefined when there is none. */
  get(index: Ref<Name>): Readonly<Row> | undefined;
  /** The row at an index known to exist; throws otherwise, for that is a broken invariant. */
  at(index: Ref<Name>): Readonly<Row>;
  /** Index of the row with a key, the newest one. */
  find(...key: Key): Ref<Name> | undefined;
  /** The row with a key, the newest one. */
  of(...key: Key): Readonly<Row> | undefined;
  /** All rows with a key, the newest last. */
  allOf(...key: Key): readonly Readonly<Row>[];
  /** Index of the row that has a value in one of its `unique` fields. */
  holderOf(field: Unique, value: Uint8Array): Ref<Name> | undefined;
  /** Base units in all rows. */
  readonly units: bigint;
  /** The same, counted again. */
  countUnits(): bigint;
}

/** What a table needs of its SSZ list type. */
interface ListType<Row> {
  /** Levels from the row roots up to the root that the length is mixed into. */
  readonly chunkDepth: number;
  readonly elementType: RowFormat<Row> & {
    /** The change with no integer above what its field can hold. */
    bounded(change: Partial<Row>): Partial<Row>;
  };
  readonly facts: TableFacts<Row>;
}

/** What a table and its copies are read by. */
export interface Content<Row> {
  readonly facts: TableFacts<Row>;
  readonly rows: Rows<Readonly<Row>>;
  /** By `key`, and by each `unique` field. */
  readonly indexes: Indexes;
  readonly holders: Readonly<Record<string, Indexes>>;
}

abstract class Reader<Row, Key extends readonly unknown[], Unique extends string, Name extends string>
  implements ReadonlyTable<Row, Key, Unique, Name>
{
  protected content: Content<Row>;

  constructor(content: Content<Row>) {
    this.content = content;
  }

  abstract get units(): bigint;

  get length(): number {
    return this.content.rows.length;
  }

  get(index: Ref<Name>): Readonly<Row> | undefined {
    return this.content.rows.get(index);
  }

  at(index: Ref<Name>): Readonly<Row> {
    const row = this.content.rows.get(index);
    if (row === undefined) throw new RangeError(`there is no row ${index} of ${this.length}`);
    return row;
  }

  [Symbol.iterator](): Iterator<Readonly<Row>> {
    return this.content.rows[Symbol.iterator]();
  }

  find(...key: Key): Ref<Name> | undefined {
    return this.content.indexes.find(keyOfParts(key), this.length);
  }

  of(...key: Key): Readonly<Row> | undefined {
    const index = this.find(...key);
    return index === undefined ? undefined : this.at(index);
  }

  allOf(...key: Key): readonly Readonly<Row>[] {
    return this.content.indexes.all(keyOfParts(key), this.length).map((index) => this.at(index));
  }

  holderOf(field: Unique, value: Uint8Array): Ref<Name> | undefined {
    const holds = (index: number) => equalBytes(this.at(index)[field as string as keyof Row] as Uint8Array, value);
    return this.content.holders[field]?.find(keyOfParts([value]), this.length, holds);
  }

  countUnits(): bigint {
    let units = 0n;
    for (const row of this) units += moneyOf(this.content.facts, row);
    return units;
  }
}

/** Rows that stand still, whatever becomes of the table they were taken from. */
export class FrozenRows<
  Row,
  Key extends readonly unknown[] = never,
  Unique extends string = never,
  Name extends string = string,
> extends Reader<Row, Key, Unique, Name> {
  readonly units: bigint;

  constructor(content: Content<Row>, units: bigint) {
    super(content);
    this.units = units;
  }
}

function moneyOf<Row>({ money }: TableFacts<Row>, row: Readonly<Row>): bigint {
  let units = 0n;
  if (money === undefined) return units;
  for (const field of money) units += row[field] as bigint;
  return units;
}

/** Where the rows with each key stand. */
function indexesOf<Row>(facts: TableFacts<Row>, rows: Rows<Readonly<Row>>): Content<Row> {
  const holders = Object.fromEntries((facts.unique ?? []).map((field) => [field, new Indexes()] as const));
  const content = { facts, rows, indexes: new Indexes(), holders };
  let index = 0;
  for (const row of rows) note(content, row, index++);
  return content;
}

function note<Row>({ facts, indexes, holders }: Content<Row>, row: Readonly<Row>, index: number): void {
  const { key, unique } = facts;
  if (key !== undefined) indexes.add(keyOfParts(key.map((field) => row[field])), index);
  for (const field of unique ?? []) holders[field as string]?.add(keyOfParts([row[field]]), index);
}

/** The working copy of one SSZ list: plain rows in front of its tree, which is brought up to date when asked. */
export class Table<
  Row,
  Key extends readonly unknown[] = never,
  Unique extends string = never,
  Name extends string = string,
> extends Reader<Row, Key, Unique, Name> {
  readonly #type: ListType<Row>;
  readonly #copy: (row: Readonly<Row>) => Row;
  /** Indexes of the rows that changed since the tree was brought up to date, in any order, and whether a row did. */
  #dirty: number[] = [];
  #isDirty: boolean[] = [];
  #units = 0n;
  #packed: PackedRows<Row>;
  #tree: ChunkTree;
  /** The last copy, until something changes. */
  #frozen: FrozenRows<Row, Key, Unique, Name> | null = null;

  constructor(type: ListType<Row>, rows: readonly Readonly<Row>[], copy = (row: Readonly<Row>): Row => ({ ...row })) {
    super(indexesOf(type.facts, Rows.of(rows)));
    this.#type = type;
    this.#copy = copy;
    this.#units = this.countUnits();
    this.#packed = this.#pack();
    this.#dirty = [...rows.keys()];
    this.#isDirty = rows.map(() => true);
    this.#tree = new ChunkTree(type.chunkDepth);
  }

  /** Kept up with every change. */
  get units(): bigint {
    return this.#units;
  }

  /** What all rows hold beyond the running total, both as they are when it begins. */
  *driftUnits(pace: Pace): Steps<bigint> {
    const { facts } = this.content;
    let drift = -this.#units;
    for (const row of this.frozen()) {
      drift += moneyOf(facts, row);
      if (pace.isSpent(READ)) yield;
    }
    return drift;
  }

  /** All rows as they are now. */
  frozen(): FrozenRows<Row, Key, Unique, Name> {
    this.#frozen ??= new FrozenRows(this.contentNow(), this.#units);
    return this.#frozen;
  }

  /** What it is read by, as it is now. */
  protected contentNow(): Content<Row> {
    return { ...this.content, rows: this.content.rows.copy() };
  }

  /** Puts a row in the place of another. */
  set(index: Ref<Name>, row: Readonly<Row>): void {
    const before = this.at(index);
    this.#packed.set(index, row);
    this.#replace(index, before, row);
    if (this.content.facts.unique !== undefined) note(this.content, row, index);
  }

  #replace(index: Ref<Name>, before: Readonly<Row>, row: Readonly<Row>): void {
    const { money } = this.content.facts;
    if (money !== undefined) {
      for (const field of money) {
        if (row[field] !== before[field]) this.#units += (row[field] as bigint) - (before[field] as bigint);
      }
    }
    this.content.rows.set(index, row);
    this.#frozen = null;
    if (this.#isDirty[index] !== true) this.#dirty.push(index);
    this.#isDirty[index] = true;
  }

  /** Replaces some fields of a row; a counter stops at what its field can hold (§2.11). */
  update(index: Ref<Name>, wanted: Partial<Row>): void {
    const before = this.at(index);
    const change = this.#type.elementType.bounded(wanted);
    const row = Object.assign(this.#copy(before) as object, change) as Row;
    this.#packed.update(index, change, row);
    this.#replace(index, before, row);
    const { unique } = this.content.facts;
    if (unique?.some((field) => row[field] !== before[field])) note(this.content, row, index);
  }

  /** Appends a row and gives its index. */
  push(row: Readonly<Row>): Ref<Name> {
    const index = this.content.rows.push(row);
    this.#packed.set(index, row);
    note(this.content, row, index);
    this.#frozen = null;
    this.#units += moneyOf(this.content.facts, row);
    this.#dirty.push(index);
    this.#isDirty.push(true);
    return index;
  }

  /** Puts a row in the place of the one with its key, or appends it. */
  put(row: Readonly<Row>): void {
    const { indexes, facts } = this.content;
    invariant(facts.key !== undefined, 'a row is put in the place of another of a table without a key');
    const known = indexes.find(keyOfParts(facts.key.map((field) => row[field])), this.length);
    if (known === undefined) this.push(row);
    else this.set(known, row);
  }

  /** Keeps the rows that pass, in order; indexes change. Gives whether any was dropped. */
  retain(keep: (row: Readonly<Row>, index: Ref<Name>) => boolean): boolean {
    const { facts, rows } = this.content;
    invariant(facts.prunable === true, 'rows are dropped of a table in which they never move');
    const kept = Uint32Array.from({ length: rows.length }, (_, index) => index).filter((index) =>
      keep(this.at(index), index),
    );
    if (kept.length === rows.length) return false;
    this.#hashChanged();
    const roots = this.#tree.chunksAt(kept);
    this.content = indexesOf(facts, Rows.of(Array.from(kept, (index) => this.at(index))));
    this.#packed = this.#pack();
    this.#frozen = null;
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
  path(index: Ref<Name>): Uint8Array[] {
    this.#hashChanged();
    return [...this.#tree.path(index), lengthChunk(this.length)];
  }

  #pack(): PackedRows<Row> {
    const packed = new PackedRows(this.#type.elementType);
    let index = 0;
    for (const row of this) packed.set(index++, row);
    return packed;
  }

  #hashChanged(): void {
    const dirty = Uint32Array.from(this.#dirty).sort((a, b) => a - b);
    this.#tree.set(dirty, this.#packed.rootsOf(dirty));
    for (const index of dirty) this.#isDirty[index] = false;
    this.#dirty = [];
  }
}
