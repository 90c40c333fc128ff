import { byteArrayIntoHashObject } from '@chainsafe/as-sha256';
import { hashInto, merkleizeBlocksBytes, type Node } from '@chainsafe/persistent-merkle-tree';
import { ContainerNodeStructType, ListCompositeType, type Type, type ValueOfFields } from '@chainsafe/ssz';
import { littleEndian } from './hash.ts';

const CHUNK = 32;
/** Values hashed side by side: enough to fill a vector unit, few enough to bound memory. */
const GROUP = 1024;

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
  constructor(fields: Fields, options: { readonly typeName: string }) {
    super(fields, options);
    byValue(this);
  }

  /** The roots of many values, 32 bytes each: `hashTreeRoot` of each of them, but several times as fast. */
  rootsOf(values: readonly ValueOfFields<Fields>[]): Uint8Array {
    const roots = new Uint8Array(values.length * CHUNK);
    for (let start = 0; start < values.length; start += GROUP) {
      roots.set(this.#hashGroup(values.slice(start, start + GROUP)), start * CHUNK);
    }
    return roots;
  }

  /** Nodes of many values for a tree, with their roots computed already. */
  nodesOf(values: readonly ValueOfFields<Fields>[]): Node[] {
    const roots = this.rootsOf(values);
    return values.map((value, index) => {
      const node = this.value_toTree(value);
      byteArrayIntoHashObject(roots, index * CHUNK, node);
      return node;
    });
  }

  /** Merkleises the chunks of all values level by level; each value has a power of two of them, so pairs never mix. */
  #hashGroup(values: readonly ValueOfFields<Fields>[]): Uint8Array {
    let width = 1;
    while (width < this.fieldsEntries.length) width *= 2;
    let level = new Uint8Array(values.length * width * CHUNK);
    for (const [field, { fieldName, fieldType }] of this.fieldsEntries.entries()) {
      const column = values.map((value) => value[fieldName]);
      rootsInto(fieldType, column, { chunks: level, first: field, step: width });
    }
    for (; width > 1; width >>= 1) {
      const above = level.subarray(0, level.length >> 1);
      hashInto(level, above);
      level = above;
    }
    return level;
  }
}

/** Writes the root of every value, `step` chunks apart; those of structs are hashed side by side as well. */
function rootsInto(
  type: Type<unknown>,
  values: readonly unknown[],
  into: { readonly chunks: Uint8Array; readonly first: number; readonly step: number },
): void {
  const { chunks, first, step } = into;
  const roots = type instanceof StructType ? type.rootsOf(values as never) : null;
  for (const [index, value] of values.entries()) {
    const at = (first + index * step) * CHUNK;
    if (roots === null) type.hashTreeRootInto(value, chunks, at);
    else chunks.set(roots.subarray(index * CHUNK, (index + 1) * CHUNK), at);
  }
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
