import { type ChainIdentity, messageTypes, signingDomain, signingRoot, UnsignedTransaction } from '@assay/protocol';

/** What the sender of a transaction signs (§1.2, §1.3). */
export function transactionSigningRoot(chain: ChainIdentity, content: UnsignedTransaction): Uint8Array {
  return signingRoot(UnsignedTransaction.hashTreeRoot(content), signingDomain(chain, messageTypes.transaction));
}
