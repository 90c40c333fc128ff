import {
  addressOf,
  type ChainIdentity,
  limits,
  messageTypes,
  signingDomain,
  signingRoot,
  Transaction,
  UnsignedTransaction,
} from '@assay/protocol';

/** What the sender of a transaction signs (§1.2, §1.3). */
export function transactionSigningRoot(chain: ChainIdentity, content: UnsignedTransaction): Uint8Array {
  return signingRoot(UnsignedTransaction.hashTreeRoot(content), signingDomain(chain, messageTypes.transaction));
}

/** A transaction with all that follows from its bytes; whoever has it need not read them again. */
export interface SignedTransaction extends Transaction {
  readonly bytes: Uint8Array;
  readonly sender: Uint8Array;
  /** What the signature is about. */
  readonly signingRoot: Uint8Array;
}

/** Reads a transaction, whose signature may still be wrong; a code when it is none. */
export function readTransaction(
  chain: ChainIdentity,
  bytes: Uint8Array,
): SignedTransaction | 'TOO_LARGE' | 'MALFORMED' {
  if (bytes.length > limits.maxTransactionBytes) return 'TOO_LARGE';
  try {
    const { content, signature } = Transaction.deserialize(bytes);
    const root = transactionSigningRoot(chain, content);
    return { bytes, content, signature, sender: addressOf(content.publicKey), signingRoot: root };
  } catch {
    return 'MALFORMED';
  }
}
