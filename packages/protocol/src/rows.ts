import type { Node } from '@chainsafe/persistent-merkle-tree';
import { ByteListType, ByteVectorType, type ByteViews, type Type, type ValueOfFields } from '@chainsafe/ssz';
import { ChunkRows } from './chunk-rows.ts';
import { type Column, type Target, writeColumn } from './columns.ts';
import { StructListType, StructType } from './struct.ts';

const CHUNK = 32;

/** A list of structs, each hashed as the bytes of its serialisation (§2.2). */
export function listOfRows<Fields extends Record<string, Type<unknown>>>(row: StructType<Fields>, limit: number) {
  return new StructListType(new RowType(row), limit);
}

/** Where a field stands in its row: `offset` bytes into it; when its size varies, its own offset stands there. */
interface Place {
  readonly name: string;
  readonly type: Type<unknown>;
  readonly offset: number;
}

/**
 * A struct that is hashed as the bytes of its serialisation: as a ByteVector, or a ByteList when its size varies. A
 * chunk for each field, as a container has them, is mostly zeros.
 */
class RowType<Fields extends Record<string, Type<unknown>>> extends StructType<Fields> {
  readonly #bytes: ByteVectorType | ByteListType;
  readonly #chunks = new ChunkRows();
  readonly #places: readonly Place[];

  constructor(row: StructType<Fields>) {
    super(row.fields, { typeName: row.typeName });
    this.#bytes = row.fixedSize === null ? new ByteListType(row.maxSize) : new ByteVectorType(row.fixedSize);
    let offset = 0;
    this.#places = row.fieldsEntries.map(({ fieldName, fieldType }) => {
      const place = { name: String(fieldName), type: fieldType, offset };
      offset += fieldType.fixedSize ?? 4;
      return place;
    });
  }

  override hashTreeRootInto(value: ValueOfFields<Fields>, output: Uint8Array, offset: number): void {
    this.#bytes.hashTreeRootInto(this.serialize(value), output, offset);
  }

  // A tree of rows gives proofs, not values.
  override tree_deserializeFromBytes(data: ByteViews, start: number, end: number): Node {
    return this.#bytes.tree_deserializeFromBytes(data, start, end);
  }

  protected override rootsOfGroup(values: readonly Readonly<ValueOfFields<Fields>>[]): Uint8Array {
    const rows = values as Column['rows'];
    const sizes = this.#sizesOf(rows);
    const chunks = this.#chunks.clear(rows.length, (Math.max(...sizes) + CHUNK - 1) >> 5);
    const ends = rows.map(() => this.fixedEnd);
    for (const { name, type, offset } of this.#places) {
      const target = chunks.target(offset);
      if (type.fixedSize === null) writeTails(type, { rows, name }, { ...target, ends });
      else writeColumn(type, { rows, name }, target);
    }
    const { chunkDepth } = this.#bytes;
    return this.#bytes.isList ? chunks.rootsWithLengths(chunkDepth, sizes) : chunks.roots(chunkDepth);
  }

  #sizesOf(rows: Column['rows']): number[] {
    const varying = this.#places.filter(({ type }) => type.fixedSize === null);
    return rows.map((row) =>
      varying.reduce((size, { name, type }) => size + type.value_serializedSize(row[name]), this.fixedEnd),
    );
  }
}

/** Serialises a column whose values vary in size behind what stands in each row so far, of which `ends` tells. */
function writeTails(type: Type<unknown>, { rows, name }: Column, target: Target & { readonly ends: number[] }): void {
  const { ends, at, stride, dataView } = target;
  for (const [index, row] of rows.entries()) {
    const begin = index * stride;
    const end = ends[index] as number;
    dataView.setUint32(begin + at, end, true);
    ends[index] = type.value_serializeToBytes(target, begin + end, row[name]) - begin;
  }
}
