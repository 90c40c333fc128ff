/** What roles need of cryptography besides a verifier and their signers. */
export interface RoleCrypto {
  /** Sums BLS signatures over one message into one (§7.2); null when there is none or one is malformed. */
  aggregateBls(signatures: readonly Uint8Array[]): Uint8Array | null;
  /** The AES-256-CTR key stream of a seed, its counter from zero, piece by piece (§15.2). */
  keyStream(seed: Uint8Array, pieceBytes: number): { next(): Uint8Array };
}
