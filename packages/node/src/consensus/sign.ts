import { transactionSigningRoot } from '@assay/ledger';
import {
  type BodyKind,
  type BodyValues,
  type ChainIdentity,
  Transaction,
  type UnsignedTransaction,
} from '@assay/protocol';
import type { Ed25519Signer } from '../crypto/signers.ts';

/** Who signs, and for which chain. */
export interface Signing {
  readonly signer: Pick<Ed25519Signer, 'publicKey' | 'sign'>;
  readonly chain: ChainIdentity;
}

/** A transaction before its signature, without its kind. */
export type Envelope = Pick<UnsignedTransaction, 'nonce' | 'validUntil' | 'feeUnits'>;

/** A serialised, signed transaction. */
export function signTransaction<Kind extends BodyKind>(
  { signer, chain }: Signing,
  [kind, value]: readonly [Kind, BodyValues[Kind]],
  envelope: Envelope,
): Uint8Array {
  const body = { kind, value } as UnsignedTransaction['body'];
  const content: UnsignedTransaction = { publicKey: signer.publicKey, ...envelope, body };
  return Transaction.serialize({ content, signature: signer.sign(transactionSigningRoot(chain, content)) });
}
