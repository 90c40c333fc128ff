import { bls12_381 } from '@noble/curves/bls12-381.js';

/** The ciphersuite of the node's BLS library: public keys in G1, signatures in G2, with proof of possession. */
const CIPHERSUITE = 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_';

/**
 * Whether `signature` is the aggregate of one signature by each of `publicKeys` (compressed, 48 bytes, possession
 * proven) over the same `message`. False when a key or the signature is no point of its group.
 */
export function verifyAggregate(
  publicKeys: readonly Uint8Array[],
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const { longSignatures: bls } = bls12_381;
  try {
    const key = bls.aggregatePublicKeys([...publicKeys]);
    return bls.verify(signature, bls.hash(message, CIPHERSUITE), key);
  } catch {
    return false;
  }
}
