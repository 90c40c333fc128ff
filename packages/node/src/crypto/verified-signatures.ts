import type { Verifier } from '@assay/ledger';

/**
 * Remembers which signatures were found good, so that what was checked on arrival is not checked again in its block.
 * Bounded: the oldest are forgotten, which costs time and nothing else.
 */
export class VerifiedSignatures {
  readonly #capacity: number;
  readonly #good = new Set<string>();
  /** Checks with the given verifier and remembers what holds. */
  readonly onArrival: Verifier;
  /** Answers from memory, once, and checks what is not there. */
  readonly inBlock: Verifier;

  constructor(verifier: Verifier, capacity: number) {
    this.#capacity = capacity;
    this.onArrival = {
      ed25519: (key, message, signature) =>
        this.#good.has(nameOf([key, message, signature])) ||
        (verifier.ed25519(key, message, signature) && this.#remember([key, message, signature])),
      bls: (keys, message, signature) =>
        verifier.bls(keys, message, signature) && this.#remember([...keys, message, signature]),
    };
    this.inBlock = {
      ed25519: (key, message, signature) =>
        this.#good.delete(nameOf([key, message, signature])) || verifier.ed25519(key, message, signature),
      bls: (keys, message, signature) =>
        this.#good.delete(nameOf([...keys, message, signature])) || verifier.bls(keys, message, signature),
    };
  }

  /** Remembers an Ed25519 signature that was found good elsewhere. */
  learn(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): void {
    this.#remember([publicKey, message, signature]);
  }

  #remember(parts: readonly Uint8Array[]): true {
    this.#good.add(nameOf(parts));
    if (this.#good.size > this.#capacity) {
      const [oldest] = this.#good;
      if (oldest !== undefined) this.#good.delete(oldest);
    }
    return true;
  }
}

/** All parts have a fixed length except the number of BLS keys, which the total length tells: no two names collide. */
function nameOf(parts: readonly Uint8Array[]): string {
  return Buffer.concat(parts).toString('latin1');
}
