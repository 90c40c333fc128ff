import { equalBytes } from '@assay/ssz';
import type { BlsSigner, Ed25519Signer } from '../crypto/signers.ts';

interface Key {
  readonly publicKey: Uint8Array;
  sign(root: Uint8Array): Uint8Array;
}

export interface LiveKeyOptions<Held extends Key> {
  /** Signs while the chain has none, or one that is not held. */
  readonly first: Held;
  /** The public key that the chain has for the role; null before it is registered. */
  readonly onChain: () => Uint8Array | null;
  readonly find: (publicKey: Uint8Array) => Held | null;
}

/** The key of a role, which the chain may exchange for another one while the role runs (§3.6). */
class LiveKey<Held extends Key> implements Key {
  readonly #options: LiveKeyOptions<Held>;
  protected held: Held;

  constructor(options: LiveKeyOptions<Held>) {
    this.#options = options;
    this.held = options.first;
    this.change();
  }

  get publicKey(): Uint8Array {
    return this.held.publicKey;
  }

  sign(root: Uint8Array): Uint8Array {
    return this.held.sign(root);
  }

  /** The key that the chain has for the role, when it is another than the one that signs. */
  wanted(): Uint8Array | null {
    const onChain = this.#options.onChain();
    return onChain === null || equalBytes(onChain, this.held.publicKey) ? null : onChain;
  }

  /** Whether the key that is wanted is held. */
  canChange(): boolean {
    const wanted = this.wanted();
    return wanted !== null && this.#options.find(wanted) !== null;
  }

  /** Signs with the key that is wanted, if it is held. */
  change(): void {
    const wanted = this.wanted();
    this.held = (wanted === null ? null : this.#options.find(wanted)) ?? this.held;
  }
}

export class LiveAccountKey extends LiveKey<Ed25519Signer> {
  get address(): Uint8Array {
    return this.held.address;
  }
}

export class LiveCommitteeKey extends LiveKey<BlsSigner> {}
