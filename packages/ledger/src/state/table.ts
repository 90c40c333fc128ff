import type { TableFacts } from '@assay/protocol';
import { ChunkTree, equalBytes, lengthChunk, PackedRows, type Ref, type RowFormat, withLength } from '@assay/ssz';
import { invariant } from '../arithmetic/invariant.ts';
import { type Pace, READ, type Steps } from '../arithmetic/pace.ts';
import { Indexes, keyOfParts, type Move } from './indexes.ts';
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
  /** All rows with a key, the newest last, and where they stand. */
  allOf(...key: Key): readonly Readonly<Row>[];
  findAll(...key: Key): readonly Ref<Name>[];
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
  /** Row i stands at `base` + i: those that are taken out before it leave their places empty. */
  readonly rows: Rows<Readonly<Row>>;
  readonly base: number;
  /** By `key`, and by each `unique` field, in which place. */
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
    return this.content.rows.length - this.content.base;
  }

  get(index: Ref<Name>): Readonly<Row> | undefined {
    return index < 0 ? undefined : this.content.rows.get(this.content.base + index);
  }

  at(index: Ref<Name>): Readonly<Row> {
    const row = this.get(index);
    if (row === undefined) throw new RangeError(`there is no row ${index} of ${this.length}`);
    return row;
  }

  *[Symbol.iterator](): Iterator<Readonly<Row>> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }

  find(...key: Key): Ref<Name> | undefined {
    const { indexes, rows, base } = this.content;
    const place = indexes.find(keyOfParts(key), rows.length);
    return place === undefined ? undefined : place - base;
  }

  of(...key: Key): Readonly<Row> | undefined {
    const index = this.find(...key);
    return index === undefined ? undefined : this.at(index);
  }

  allOf(...key: Key): readonly Readonly<Row>[] {
    return this.findAll(...key).map((index) => this.at(index));
  }

  findAll(...key: Key): readonly Ref<Name>[] {
    const { indexes, rows, base } = this.content;
    return indexes.all(keyOfParts(key), rows.length).map((place) => place - base);
  }

  holderOf(field: Unique, value: Uint8Array): Ref<Name> | undefined {
    const { holders, rows, base } = this.content;
    // A row that had the value before may have another now, or be none any more.
    const holds = (place: number) => {
      const row = place < base ? undefined : rows.get(place);
      return row !== undefined && equalBytes(row[field as string as keyof Row] as Uint8Array, value);
    };
    const place = holders[field]?.find(keyOfParts([value]), rows.length, holds);
    return place === undefined ? undefined : place - base;
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
  const content = { facts, rows, base: 0, indexes: new Indexes(), holders };
  let index = 0;
  for (const row of rows) note(content, row, index++);
  return content;
}

function note<Row>({ facts, indexes, holders }: Content<Row>, row: Readonly<Row>, place: number): void {
  const { key, unique } = facts;
  if (key !== undefined) indexes.add(keyOfParts(key.map((field) => row[field])), place);
  for (const field of unique ?? []) holders[field as string]?.add(keyOfParts([row[field]]), place);
}

/** Empty places before the rows of a table, for each of these, at which it is gathered. */
const mostEmpty = 64;

type PlacedMove<Row> = Omit<Move, 'key'> & { readonly row: Readonly<Row> };

/** Where the rows are found after they have moved; who has the content of before finds them as they were. */
function movedContent<Row>(content: Content<Row>, moves: readonly PlacedMove<Row>[]): Content<Row> {
  const { facts, rows, indexes, holders } = content;
  const keyed = (fields: readonly (keyof Row)[]) =>
    moves.map(({ row, ...move }): Move => ({ ...move, key: keyOfParts(fields.map((field) => row[field])) }));
  const base = content.base + moves.filter(({ to }) => to === null).length;
  const heldBy = (facts.unique ?? []).map((field) => {
    return [field, (holders[field as string] ?? new Indexes()).moved(keyed([field]))] as const;
  });
  const { key } = facts;
  return {
    facts,
    rows,
    base,
    indexes: key === undefined ? indexes : indexes.moved(keyed(key)),
    holders: Object.fromEntries(heldBy),
  };
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
    const place = this.content.base + index;
    this.#packed.set(place, row);
    this.#replace(index, before, row);
    if (this.content.facts.unique !== undefined) note(this.content, row, place);
  }

  #replace(index: Ref<Name>, before: Readonly<Row>, row: Readonly<Row>): void {
    const { money } = this.content.facts;
    if (money !== undefined) {
      for (const field of money) {
        if (row[field] !== before[field]) this.#units += (row[field] as bigint) - (before[field] as bigint);
      }
    }
    this.content.rows.set(this.content.base + index, row);
    this.#frozen = null;
    if (this.#isDirty[index] !== true) this.#dirty.push(index);
    this.#isDirty[index] = true;
  }

  /** Replaces some fields of a row; a counter stops at what its field can hold (§2.11). */
  update(index: Ref<Name>, wanted: Partial<Row>): void {
    const before = this.at(index);
    const change = this.#type.elementType.bounded(wanted);
    const row = Object.assign(this.#copy(before) as object, change) as Row;
    const place = this.content.base + index;
    this.#packed.update(place, change, row);
    this.#replace(index, before, row);
    const { unique } = this.content.facts;
    if (unique?.some((field) => row[field] !== before[field])) note(this.content, row, place);
  }

  /** Appends a row and gives its index. */
  push(row: Readonly<Row>): Ref<Name> {
    const place = this.content.rows.push(row);
    const index = place - this.content.base;
    this.#packed.set(place, row);
    note(this.content, row, place);
    this.#frozen = null;
    this.#units += moneyOf(this.content.facts, row);
    this.#dirty.push(index);
    this.#isDirty.push(true);
    return index;
  }

  /** Puts a row in the place of the one with its key, or appends it. */
  put(row: Readonly<Row>): void {
    const { facts } = this.content;
    invariant(facts.key !== undefined, 'a row is put in the place of another of a table without a key');
    const known = this.find(...(facts.key.map((field) => row[field]) as unknown as Key));
    if (known === undefined) this.push(row);
    else this.set(known, row);
  }

  /** Keeps the rows that pass, in order; indexes change. Gives whether any was dropped. */
  retain(keep: (row: Readonly<Row>, index: Ref<Name>) => boolean): boolean {
    const dropped: Ref<Name>[] = [];
    for (let index = 0; index < this.length; index++) if (!keep(this.at(index), index)) dropped.push(index);
    this.drop(dropped);
    return dropped.length > 0;
  }

  /**
   * Takes out the rows at `indexes`, which rise; indexes of others change. Those before the last of them move, those
   * after it stand where they are: so it costs what is dropped and the few that stay between.
   */
  drop(indexes: readonly Ref<Name>[]): void {
    const { facts, base } = this.content;
    invariant(facts.prunable === true, 'rows are dropped of a table in which they never move');
    if (indexes.length === 0) return;
    this.#hashChanged();
    for (const index of indexes) this.#units -= moneyOf(facts, this.at(index));
    const left = this.length - indexes.length;
    this.#tree.drop(Uint32Array.from(indexes));
    this.#isDirty.length = left;
    this.#frozen = null;
    // Empty places cost something too, and so do those that a table had when it was large.
    const isSparse = left <= indexes.length || base + indexes.length > mostEmpty * left;
    if (isSparse) this.#gather(new Set(indexes));
    else this.#moveUp(indexes);
  }

  /** Moves what stays before the last that is dropped. */
  #moveUp(indexes: readonly Ref<Name>[]): void {
    const moves = this.#moves(indexes);
    for (const { from, to } of moves) if (to !== null) this.#move(from, to);
    this.content = movedContent(this.content, moves);
    this.content.rows.release(this.content.base);
    this.#packed.release(this.content.base);
  }

  /** All rows but some, each in another place. */
  #gather(dropped: ReadonlySet<number>): void {
    const kept = [...this].filter((_, index) => !dropped.has(index));
    this.content = indexesOf(this.content.facts, Rows.of(kept));
    this.#packed = this.#pack();
  }

  /** What becomes of the rows up to the last that is dropped, from the last to the first. */
  #moves(dropped: readonly number[]): PlacedMove<Row>[] {
    const { base } = this.content;
    const moves: PlacedMove<Row>[] = [];
    let last = dropped.length - 1;
    for (let index = dropped[last] as number, free = index; index >= 0; index--) {
      const isDropped = index === dropped[last];
      if (isDropped) last--;
      moves.push({ row: this.at(index), from: base + index, to: isDropped ? null : base + free-- });
    }
    return moves;
  }

  #move(from: number, to: number): void {
    const { rows } = this.content;
    const row = rows.get(from) as Readonly<Row>;
    rows.set(to, row);
    this.#packed.set(to, row);
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
    const { base } = this.content;
    this.#tree.set(dirty, this.#packed.rootsOf(dirty.map((index) => base + index)));
    for (const index of dirty) this.#isDirty[index] = false;
    this.#dirty = [];
  }
}
