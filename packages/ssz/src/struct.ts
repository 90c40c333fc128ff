import { merkleizeBlocksBytes } from '@chainsafe/persistent-merkle-tree';
import {
  type BasicType,
  ByteVectorType,
  type ByteViews,
  ContainerNodeStructType,
  ListBasicType,
  ListCompositeType,
  type Type,
  type ValueOfFields,
} from '@chainsafe/ssz';
import { ChunkRows } from './chunk-rows.ts';
import { type Column, type Output, writeColumn, writerOf } from './columns.ts';
import { concatBytes, littleEndian } from './hash.ts';
import { UintType } from './uint.ts';

const CHUNK = 32;
/** Values hashed side by side: enough to fill a vector unit, few enough to bound memory. */
const GROUP = 256;

/**
 * Lets a type be a field of a `StructType`. The library refuses fields with editable views there, since an edit through
 * such a view would be lost; ours are only ever replaced as whole values.
 */
export function byValue<T extends { readonly isViewMutable: boolean }>(type: T): T {
  Object.defineProperty(type, 'isViewMutable', { value: false });
  return type;
}

/** Where a field stands in a serialisation; one of varying size has its own offset there, and no writer. */
interface Field {
  readonly name: string;
  readonly type: Type<unknown>;
  readonly offset: number;
  readonly write: ReturnType<typeof writerOf> | null;
  /** The largest integer it can hold; null when it is none. */
  readonly max: number | null;
}

/** A container kept in the tree as one plain value: quick to read and small, replaced as a whole. */
export class StructType<Fields extends Record<string, Type<unknown>>> extends ContainerNodeStructType<Fields> {
  readonly #chunks = new ChunkRows();
  readonly #empty: Readonly<ValueOfFields<Fields>>;
  readonly #fields: readonly Field[];
  readonly #fieldOf: ReadonlyMap<string, Field>;

  constructor(fields: Fields, options: { readonly typeName: string }) {
    super(fields, options);
    byValue(this);
    this.#empty = Object.fromEntries(this.fieldsEntries.map(({ fieldName }) => [fieldName, null])) as never;
    let offset = 0;
    this.#fields = this.fieldsEntries.map(({ fieldName, fieldType }) => {
      const write = fieldType.fixedSize === null ? null : writerOf(fieldType);
      const max = fieldType instanceof UintType ? fieldType.max : null;
      const field = { name: String(fieldName), type: fieldType, offset, write, max };
      offset += fieldType.fixedSize ?? 4;
      return field;
    });
    this.#fieldOf = new Map(this.#fields.map((field) => [field.name, field]));
  }

  protected fieldOf(name: string): Field | undefined {
    return this.#fieldOf.get(name);
  }

  /** A change of some fields in which no integer is above what its field can hold: counters stop there (§2.11). */
  bounded<Change extends Partial<ValueOfFields<Fields>>>(change: Change): Change {
    let bounded = change;
    for (const name in change) {
      const max = this.#fieldOf.get(name)?.max ?? null;
      if (max !== null && (change[name] as number) > max) bounded = { ...bounded, [name]: max };
    }
    return bounded;
  }

  // PERF(receipts): a twentieth, by writers that know the type of each field beforehand; at worst nothing.
  override value_serializeToBytes(output: Output & ByteViews, at: number, value: ValueOfFields<Fields>): number {
    let end = at + this.fixedEnd;
    for (const { name, type, offset, write } of this.#fields) {
      const field = value[name];
      if (write !== null) write(output, at + offset, field as never);
      else {
        output.dataView.setUint32(at + offset, end - at, true);
        end = type.value_serializeToBytes(output, end, field);
      }
    }
    return end;
  }

  // PERF(receipts): a twentieth. The library lets an object grow field by field, and V8 makes a dictionary of a large
  // one, which takes microseconds to copy; small ones gain nothing.
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
  rootsOf(values: readonly Readonly<ValueOfFields<Fields>>[]): Uint8Array {
    const roots = new Uint8Array(values.length * CHUNK);
    for (let start = 0; start < values.length; start += GROUP) {
      roots.set(this.rootsOfGroup(values.slice(start, start + GROUP)), start * CHUNK);
    }
    return roots;
  }

  /** The same of so many values as fit into memory at once; the roots stand until the next call. */
  protected rootsOfGroup(values: readonly Readonly<ValueOfFields<Fields>>[]): Uint8Array {
    const rows = values as Column['rows'];
    const chunks = this.#chunks.clear(rows.length, this.fieldsEntries.length);
    for (const [at, { fieldName, fieldType }] of this.fieldsEntries.entries()) {
      writeRoots(chunks, at, fieldType, { rows, name: String(fieldName) });
    }
    return chunks.roots(this.depth);
  }
}

/** Writes the root of each value of a column to its chunk, at `at` in the row. */
function writeRoots(chunks: ChunkRows, at: number, type: Type<unknown>, column: Column): void {
  if (type instanceof StructType) chunks.put(at, type.rootsOf(valuesOf(column)));
  else if (type instanceof ListBasicType) chunks.put(at, rootsOfLists(type, column));
  else if (type.isBasic || isOneChunk(type)) writeColumn(type, column, chunks.target(at * CHUNK));
  else chunks.put(at, concatBytes(valuesOf(column).map((value) => type.hashTreeRoot(value))));
}

/** Whether a type is bytes that fill at most one chunk, which is then their root. */
function isOneChunk(type: Type<unknown>): boolean {
  return type instanceof ByteVectorType && type.lengthBytes <= CHUNK;
}

function valuesOf({ rows, name }: Column): never[] {
  return rows.map((row) => row[name] as never);
}

function rootsOfLists(type: ListBasicType<BasicType<unknown>>, column: Column): Uint8Array {
  const lists: readonly (readonly unknown[])[] = valuesOf(column);
  const lengths = lists.map(({ length }) => length);
  const longest = Math.max(1, ...lengths);
  const chunks = new ChunkRows().clear(lists.length, (longest * type.elementType.byteLength + CHUNK - 1) >> 5);
  writeColumn(type, column, chunks.target(0));
  return chunks.rootsWithLengths(type.chunkDepth, lengths);
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
