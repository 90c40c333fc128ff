import { BlockHeader, type ChainIdentity, messageTypes, signingDomain, signingRoot } from '@assay/protocol';

/** What names a block: the root of its header. */
export function headerRoot(header: BlockHeader): Uint8Array {
  return BlockHeader.hashTreeRoot(header);
}

/** What the proposer signs (§2.1). */
export function blockSigningRoot(chain: ChainIdentity, header: BlockHeader): Uint8Array {
  return signingRoot(headerRoot(header), signingDomain(chain, messageTypes.block));
}
