import { Bytes32, bytesOf, equalBytes, rootAlong, type ValueOf } from '@assay/ssz';
import { createProof, type Node, ProofType, type SingleProof } from '@chainsafe/persistent-merkle-tree';
import { ContainerType, ListCompositeType } from '@chainsafe/ssz';
import { BlockHeader } from '../block/block.ts';
import { Count, Name } from '../encoding.ts';
import { limits } from '../limits.ts';
import { State, type TableName, tables } from './state.ts';

/** One row of the state after a block, which the state root of that block confirms (§2.6). */
export const RowProof = new ContainerType(
  {
    header: BlockHeader,
    /** Name of the table, and the index of the row in it. */
    table: Name,
    index: Count,
    /** The row, serialised. */
    row: bytesOf(limits.maxRowBytes),
    /** The Merkle siblings from the row up to the state root, lowest first. */
    path: new ListCompositeType(Bytes32, 64),
  },
  { typeName: 'RowProof' },
);
export type RowProof = ValueOf<typeof RowProof>;

const gindexOf = (table: TableName, index: number): bigint => State.getPathInfo([table, index]).gindex;

/** Whether a text names a table. */
export const isTableName = (text: string): text is TableName => Object.hasOwn(tables, text);

/** The Merkle siblings of a row that `state`, the tree of a `State`, holds; lowest first (§2.6). */
export function rowPath(state: Node, table: TableName, index: number): Uint8Array[] {
  const proof = createProof(state, { type: ProofType.single, gindex: gindexOf(table, index) });
  return (proof as SingleProof).witnesses;
}

/** The state root that a serialised row leads to; null when row, index or path are not of the table's form (§2.6). */
export function stateRootAlong(table: TableName, proof: Pick<RowProof, 'index' | 'row' | 'path'>): Uint8Array | null {
  const { index, row, path } = proof;
  if (!Number.isSafeInteger(index) || index < 0 || index >= tables[table].limit) return null;
  const gindex = gindexOf(table, index);
  const node = rowRoot(table, row);
  return node === null || path.length !== gindex.toString(2).length - 1 ? null : rootAlong(gindex, node, path);
}

/** Root of a serialised row; null when the bytes are not the one encoding of a row. */
function rowRoot(table: TableName, row: Uint8Array): Uint8Array | null {
  const { elementType } = tables[table];
  try {
    const value = elementType.deserialize(row) as never;
    return equalBytes(elementType.serialize(value), row) ? elementType.hashTreeRoot(value) : null;
  } catch {
    return null;
  }
}
