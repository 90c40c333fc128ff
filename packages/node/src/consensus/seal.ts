import {
  Block,
  BlockHeader,
  type ChainIdentity,
  messageTypes,
  signingDomain,
  signingRoot,
  TransactionList,
} from '@assay/protocol';
import type { Ed25519Signer } from '../crypto/signers.ts';

/** What names a block: the root of its header. */
export function headerRoot(header: BlockHeader): Uint8Array {
  return BlockHeader.hashTreeRoot(header);
}

/** What the proposer signs (§2.1). */
export function blockSigningRoot(chain: ChainIdentity, header: BlockHeader): Uint8Array {
  return signingRoot(headerRoot(header), signingDomain(chain, messageTypes.block));
}

/** Makes the signed block of an applied list of transactions; with its encoding. */
export function sealBlock(
  chain: ChainIdentity,
  header: Omit<BlockHeader, 'transactionsRoot'>,
  transactions: Uint8Array[],
  signer: Ed25519Signer,
): { block: Block; bytes: Uint8Array } {
  const whole = { ...header, transactionsRoot: TransactionList.hashTreeRoot(transactions) };
  const block = { header: whole, transactions, signature: signer.sign(blockSigningRoot(chain, whole)) };
  return { block, bytes: Block.serialize(block) };
}
