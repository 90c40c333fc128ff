import { merkleizeBlocksBytes } from '@chainsafe/persistent-merkle-tree';
import {
  type BasicType,
  ContainerNodeStructType,
  ListBasicType,
  ListCompositeType,
  type Type,
  UintNumberType,
  type ValueOfFields,
} from '@chainsafe/ssz';
import { ChunkRows } from './chunk-rows.ts';
import { littleEndian } from './hash.ts';

const CHUNK = 32;
/** Values hashed side by side: enough to fill a vector unit, few enough to bound memory. */
const GROUP = 256;
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

  constructor(fields: Fields, options: { readonly typeName: string }) {
    super(fields, options);
    byValue(this);
  }

  /** The roots of many values, 32 bytes each: `hashTreeRoot` of each of them, but many times as fast. */
  rootsOf(values: readonly ValueOfFields<Fields>[]): Uint8Array {
    const roots = new Uint8Array(values.length * CHUNK);
    for (let start = 0; start < values.length; start += GROUP) {
      roots.set(this.#hashGroup(values.slice(start, start + GROUP)), start * CHUNK);
    }
    return roots;
  }

  /** Writes field after field of all values into their chunks, and merkleises these. */
  #hashGroup(values: readonly ValueOfFields<Fields>[]): Uint8Array {
    this.#chunks ??= new ChunkRows(GROUP, this.fieldsEntries.length);
    const chunks = this.#chunks.clear(values.length);
    for (const [place, { fieldName, fieldType }] of this.fieldsEntries.entries()) {
      const column = values.map((value) => value[fieldName]);
      writeRoots(chunks, place, fieldType, column);
    }
    return chunks.roots(this.depth);
  }
}

/** Writes the root of each value of `column` to its chunk at `place`. */
function writeRoots(chunks: ChunkRows, place: number, type: Type<unknown>, column: readonly unknown[]): void {
  if (type instanceof StructType) chunks.put(place, type.rootsOf(column as never));
  else if (type instanceof ListBasicType) chunks.put(place, rootsOfLists(type, column as never));
  else if (type.isBasic) chunks.serialize(place, type, column);
  else chunks.hash(place, type, column);
}

function rootsOfLists(type: ListBasicType<BasicType<unknown>>, lists: readonly unknown[][]): Uint8Array {
  const longest = lists.reduce((length, list) => Math.max(length, list.length), 1);
  const width = (longest * type.elementType.byteLength + CHUNK - 1) >> 5;
  const items = new ChunkRows(lists.length, width).clear(lists.length);
  items.serialize(0, type, lists);
  const rootsAndLengths = new ChunkRows(lists.length, 2).clear(lists.length);
  const lengths = lists.map((list) => list.length);
  rootsAndLengths.put(0, items.roots(type.chunkDepth));
  rootsAndLengths.serialize(1, lengthType, lengths);
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
