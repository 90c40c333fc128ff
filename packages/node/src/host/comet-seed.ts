import type { Ed25519Signer } from '../crypto/signers.ts';

/** The secret of a node's key among its like in CometBFT; from the key by which it serves the chain. */
export function cometSeed(node: Ed25519Signer): Uint8Array {
  return node.secretFor('key of the CometBFT node');
}
