import { Bytes32, bytesOf, oneOf, StructType, type ValueOf } from '@assay/ssz';
import { ContainerType, ListCompositeType, OptionalType } from '@chainsafe/ssz';
import { Ed25519Signature, Height, TimeMs } from '../encoding.ts';
import { limits } from '../limits.ts';
import { ref } from '../refs.ts';
import { CometSeal } from './comet-seal.ts';

/** Serialised transactions in block order. */
export const TransactionList = new ListCompositeType(bytesOf(limits.maxTransactionBytes), limits.maxBlockTransactions);

/** What identifies a block (§2.1). The state root is the root after the block (§2.2). */
export const BlockHeader = new StructType(
  {
    height: Height,
    /** Unix time, milliseconds, from consensus; strictly increasing. */
    timeMs: TimeMs,
    parentRoot: Bytes32,
    transactionsRoot: Bytes32,
    stateRoot: Bytes32,
  },
  { typeName: 'BlockHeader' },
);
export type BlockHeader = ValueOf<typeof BlockHeader>;

export const Block = new ContainerType({ header: BlockHeader, transactions: TransactionList }, { typeName: 'Block' });
export type Block = ValueOf<typeof Block>;

/** What one validator says to a block: its signature over the block's signing root (§2.1.1). */
export const SealSignature = new StructType(
  { validator: ref('validators'), signature: Ed25519Signature },
  { typeName: 'SealSignature' },
);
export type SealSignature = ValueOf<typeof SealSignature>;

/** What the validators of the embedded engine sign, and who of them had the turn (economics §8.5). */
const EmbeddedSeal = new ContainerType(
  {
    proposer: ref('validators'),
    /** By validator, rising. */
    signatures: new ListCompositeType(SealSignature, limits.maxSealSignatures),
  },
  { typeName: 'EmbeddedSeal' },
);

/** Why a block counts: what its validators signed (§2.1.1). It lies beside the block and is no part of it. */
export const Seal = oneOf(
  {
    embedded: EmbeddedSeal,
    /** What CometBFT signed of the next height. */
    cometbft: CometSeal,
  },
  { typeName: 'Seal' },
);
export type Seal = ValueOf<typeof Seal>;

/** A block as it goes from node to node; without a seal while the next block is not there that brings it. */
export const SealedBlock = new ContainerType(
  { block: Block, seal: new OptionalType(Seal) },
  { typeName: 'SealedBlock' },
);
export type SealedBlock = ValueOf<typeof SealedBlock>;

/** A serialised block with its serialised seal, as `SealedBlock` serialises them. */
export function sealedBlockBytes(block: Uint8Array, seal: Uint8Array | null): Uint8Array {
  const frameBytes = 8;
  const joined = new Uint8Array(frameBytes + block.length + (seal === null ? 0 : 1 + seal.length));
  const view = new DataView(joined.buffer);
  view.setUint32(0, frameBytes, true);
  view.setUint32(4, frameBytes + block.length, true);
  joined.set(block, frameBytes);
  if (seal === null) return joined;
  joined[frameBytes + block.length] = 1;
  joined.set(seal, frameBytes + block.length + 1);
  return joined;
}

/** The header of a serialised block, which begins with it: the transactions are not read. */
export function headerOf(block: Uint8Array): BlockHeader {
  return BlockHeader.deserialize(block.subarray(0, BlockHeader.fixedSize ?? 0));
}
