import { createCipheriv } from 'node:crypto';

/** The AES-256-CTR key stream of a seed, its counter from zero, piece by piece (§15.2). */
export class KeyStream {
  readonly #cipher;
  readonly #zeros: Uint8Array;

  constructor(seed: Uint8Array, pieceBytes: number) {
    this.#cipher = createCipheriv('aes-256-ctr', seed, new Uint8Array(16));
    this.#zeros = new Uint8Array(pieceBytes);
  }

  next(): Uint8Array {
    return this.#cipher.update(this.#zeros);
  }
}
