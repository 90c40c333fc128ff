/** Signature checks, given by the host so that the ledger touches no native code (Node: node:crypto and blst). */
export interface Verifier {
  ed25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** One aggregate signature of all `publicKeys` over one message; false when any key or the signature is malformed. */
  bls(publicKeys: readonly Uint8Array[], message: Uint8Array, signature: Uint8Array): boolean;
}
