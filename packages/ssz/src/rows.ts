import type { Node } from '@chainsafe/persistent-merkle-tree';
import { ByteListType, ByteVectorType, type ByteViews, type Type, type ValueOfFields } from '@chainsafe/ssz';
import { ChunkRows } from './chunk-rows.ts';
import type { Output } from './columns.ts';
import { StructListType, StructType } from './struct.ts';

const CHUNK = 32;

/**
 * A struct that is hashed as the bytes of its serialisation: as a ByteVector, or a ByteList when its size varies. A
 * chunk for each field, as a container has them, is mostly zeros.
 */
export class RowType<Fields extends Record<string, Type<unknown>>> extends StructType<Fields> {
  readonly #bytes: ByteVectorType | ByteListType;
  readonly #chunks = new ChunkRows();

  constructor(row: StructType<Fields>) {
    super(row.fields, { typeName: row.typeName });
    this.#bytes = row.fixedSize === null ? new ByteListType(row.maxSize) : new ByteVectorType(row.fixedSize);
  }

  override hashTreeRootInto(value: ValueOfFields<Fields>, output: Uint8Array, offset: number): void {
    this.#bytes.hashTreeRootInto(this.serialize(value), output, offset);
  }

  // A tree of rows gives proofs, not values.
  override tree_deserializeFromBytes(data: ByteViews, start: number, end: number): Node {
    return this.#bytes.tree_deserializeFromBytes(data, start, end);
  }

  /** Writes those fields of a row at `at` that `change` has; false, and nothing, when the size of one varies. */
  writeFields(output: Output, at: number, change: Partial<ValueOfFields<Fields>>): boolean {
    for (const name in change) if (this.fieldOf(name)?.write === null) return false;
    for (const name in change) {
      const field = this.fieldOf(name);
      field?.write?.(output, at + field.offset, change[name] as never);
    }
    return true;
  }

  /** The roots of rows that stand in `chunks`, of `sizes` bytes each. */
  rootsOfChunks(chunks: ChunkRows, sizes: readonly number[]): Uint8Array {
    const { chunkDepth } = this.#bytes;
    return this.fixedSize === null ? chunks.rootsWithLengths(chunkDepth, sizes) : chunks.roots(chunkDepth);
  }

  protected override rootsOfGroup(rows: readonly Readonly<ValueOfFields<Fields>>[]): Uint8Array {
    const sizes = rows.map((row) => this.value_serializedSize(row as never));
    const chunks = this.#chunks.clear(rows.length, (Math.max(...sizes) + CHUNK - 1) >> 5);
    const target = chunks.target(0);
    for (const [index, row] of rows.entries()) {
      this.value_serializeToBytes(target as ByteViews, index * target.stride, row as never);
    }
    return this.rootsOfChunks(chunks, sizes);
  }
}

/** A list of structs, each hashed as the bytes of its serialisation (§2.2). */
export class RowListType<Fields extends Record<string, Type<unknown>>> extends StructListType<Fields> {
  override readonly elementType: RowType<Fields>;

  constructor(row: StructType<Fields>, limit: number) {
    const elementType = new RowType(row);
    super(elementType, limit);
    this.elementType = elementType;
  }
}
