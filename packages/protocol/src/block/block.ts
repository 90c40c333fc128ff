import { Bytes32, bytesOf, StructType, U16, type ValueOf } from '@assay/ssz';
import { ContainerType, ListCompositeType } from '@chainsafe/ssz';
import { Ed25519Signature, Height, TimeMs } from '../encoding.ts';
import { limits } from '../limits.ts';

/** Serialised transactions in block order. */
export const TransactionList = new ListCompositeType(bytesOf(limits.maxTransactionBytes), limits.maxBlockTransactions);

/** What identifies a block (§2.1). The state root is the root after the block (§2.2). */
export const BlockHeader = new StructType(
  {
    height: Height,
    /** Unix time, milliseconds, from consensus; strictly increasing. */
    timeMs: TimeMs,
    /** Index of the proposing validator. */
    proposer: U16,
    parentRoot: Bytes32,
    transactionsRoot: Bytes32,
    stateRoot: Bytes32,
  },
  { typeName: 'BlockHeader' },
);
export type BlockHeader = ValueOf<typeof BlockHeader>;

export const Block = new ContainerType(
  { header: BlockHeader, transactions: TransactionList, signature: Ed25519Signature },
  { typeName: 'Block' },
);
export type Block = ValueOf<typeof Block>;

/** The header of a serialised block, which begins with it: the transactions are not read. */
export function headerOf(block: Uint8Array): BlockHeader {
  return BlockHeader.deserialize(block.subarray(0, BlockHeader.fixedSize ?? 0));
}
