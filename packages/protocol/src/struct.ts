import { merkleizeBlocksBytes } from '@chainsafe/persistent-merkle-tree';
import {
  type BasicType,
  type ByteViews,
  ContainerNodeStructType,
  ListBasicType,
  ListCompositeType,
  type Type,
  UintNumberType,
  type ValueOfFields,
} from '@chainsafe/ssz';
import { ChunkRows, type Column } from './chunk-rows.ts';
import { littleEndian } from './hash.ts';

const CHUNK = 32;
/** Values hashed side by side: enough to fill a vector unit, few enough to bound memory. */
const GROUP = 256;
/** Levels of a part: of a wide struct in a table mostly few fields change, and only their part is hashed again. */
export const PART_DEPTH = 3;
const PART_FIELDS = 2 ** PART_DEPTH;
const lengthType = new UintNumberType(8);

/**
 * Lets a type be a field of a `StructType`. The library refuses fields with editable views there, since an edit through
 * such a view would be lost; ours are only ever replaced as whole values.
 */
export function byValue<T extends { readonly isViewMutable: boolean }>(type: T): T {
  Object.defineProperty(type, 'isViewMutable', { value: false });
  return type;
}

/** A container kept in the tree as one plain value: quick to read and small, replaced as a whole. */
export class StructType<Fields extends Record<string, Type<unknown>>> extends ContainerNodeStructType<Fields> {
  #chunks: ChunkRows | null = null;
  /** The bit of the part that holds a field. */
  readonly #partOf: ReadonlyMap<unknown, number>;
  readonly #empty: Readonly<ValueOfFields<Fields>>;

  constructor(fields: Fields, options: { readonly typeName: string }) {
    super(fields, options);
    byValue(this);
    this.#partOf = new Map(this.fieldsEntries.map(({ fieldName }, i) => [fieldName, 1 << (i >> PART_DEPTH)]));
    this.#empty = Object.fromEntries(this.fieldsEntries.map(({ fieldName }) => [fieldName, null])) as never;
  }

  // The library lets an object grow field by field: V8 makes a dictionary of it, which takes microseconds to copy.
  override value_deserializeFromBytes(data: ByteViews, start: number, end: number): ValueOfFields<Fields> {
    const ranges = this.getFieldRanges(data.dataView, start, end);
    const value: ValueOfFields<Fields> = Object.assign({}, this.#empty);
    for (let i = 0; i < ranges.length; i++) {
      const { fieldName, fieldType } = this.fieldsEntries[i] as (typeof this.fieldsEntries)[number];
      const range = ranges[i] as (typeof ranges)[number];
      const field = fieldType.value_deserializeFromBytes(data, start + range.start, start + range.end);
      value[fieldName] = field as ValueOfFields<Fields>[keyof Fields];
    }
    return value;
  }

  /** The roots of many values, 32 bytes each: `hashTreeRoot` of each of them, but many times as fast. */
  rootsOf(values: readonly ValueOfFields<Fields>[]): Uint8Array {
    return this.#hash(values, { from: 0, count: this.fieldsEntries.length, depth: this.depth });
  }

  /** Levels from the parts, which are the nodes above eight fields each, up to the root. */
  get partsDepth(): number {
    return Math.max(this.depth - PART_DEPTH, 0);
  }

  get parts(): number {
    return ((this.fieldsEntries.length - 1) >> PART_DEPTH) + 1;
  }

  /** The parts that hold the fields of `change`, as bits. */
  partsWith(change: Partial<ValueOfFields<Fields>>): number {
    let parts = 0;
    for (const field in change) parts |= this.#partOf.get(field) ?? 0;
    return parts;
  }

  /** One part of each of many values, 32 bytes each. */
  partOf(values: readonly ValueOfFields<Fields>[], part: number): Uint8Array {
    const from = part * PART_FIELDS;
    const count = Math.min(PART_FIELDS, this.fieldsEntries.length - from);
    return this.#hash(values, { from, count, depth: this.depth - this.partsDepth });
  }

  /** Writes `count` fields of all values into chunks, group after group, and merkleises these. */
  #hash(values: readonly ValueOfFields<Fields>[], { from, count, depth }: Span): Uint8Array {
    this.#chunks ??= new ChunkRows(GROUP, this.fieldsEntries.length);
    const fields = this.fieldsEntries.slice(from, from + count);
    const roots = new Uint8Array(values.length * CHUNK);
    for (let start = 0; start < values.length; start += GROUP) {
      const group = values.slice(start, start + GROUP);
      const chunks = this.#chunks.clear(group.length, count);
      for (const [place, { fieldName, fieldType }] of fields.entries()) {
        writeRoots(chunks, place, fieldType, { rows: group as Column['rows'], name: String(fieldName) });
      }
      roots.set(chunks.roots(depth), start * CHUNK);
    }
    return roots;
  }
}

/** Some fields of a struct, and the levels above them. */
interface Span {
  readonly from: number;
  readonly count: number;
  readonly depth: number;
}

/** Writes the root of each value of a column to its chunk at `place`. */
function writeRoots(chunks: ChunkRows, place: number, type: Type<unknown>, column: Column): void {
  if (type instanceof StructType) chunks.put(place, type.rootsOf(valuesOf(column)));
  else if (type instanceof ListBasicType) chunks.put(place, rootsOfLists(type, column));
  else if (type.isBasic) chunks.serialize(place, type, column);
  else chunks.hash(place, type, column);
}

function valuesOf({ rows, name }: Column): never[] {
  return rows.map((row) => row[name] as never);
}

function rootsOfLists(type: ListBasicType<BasicType<unknown>>, column: Column): Uint8Array {
  const lists: readonly (readonly unknown[])[] = valuesOf(column);
  const longest = lists.reduce((length, list) => Math.max(length, list.length), 1);
  const width = (longest * type.elementType.byteLength + CHUNK - 1) >> 5;
  const items = new ChunkRows(lists.length, width).clear(lists.length, width);
  items.serialize(0, type, column);
  const rootsAndLengths = new ChunkRows(lists.length, 2).clear(lists.length, 2);
  rootsAndLengths.put(0, items.roots(type.chunkDepth));
  rootsAndLengths.serialize(1, lengthType, { rows: lists as never, name: 'length' });
  return rootsAndLengths.roots(1);
}

/** A list of structs whose values are hashed side by side. */
export class StructListType<Fields extends Record<string, Type<unknown>>> extends ListCompositeType<
  StructType<Fields>
> {
  constructor(elementType: StructType<Fields>, limit: number) {
    super(elementType, limit);
    byValue(this);
  }

  override hashTreeRootInto(values: ValueOfFields<Fields>[], output: Uint8Array, offset: number): void {
    const pairs = (values.length + 1) >> 1;
    const chunks = new Uint8Array(pairs * 2 * CHUNK);
    chunks.set(this.elementType.rootsOf(values));
    const rootAndLength = new Uint8Array(2 * CHUNK);
    merkleizeBlocksBytes(chunks, this.maxChunkCount, rootAndLength, 0);
    rootAndLength.set(littleEndian(values.length, 8), CHUNK);
    merkleizeBlocksBytes(rootAndLength, 2, output, offset);
  }
}
