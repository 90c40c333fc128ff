import { BlsSigner, Ed25519Signer, generateBlsSecret } from '@assay/node/crypto/signers';
import { type KeyName, Keystore } from '@assay/node/keys/keystore';
import type { RandomStream } from '@assay/roles/ports/runtime';
import type { KnownSignatures } from './known-signatures.ts';

type Entries = ConstructorParameters<typeof Keystore>[0];

/** Keys made of seeded chance, whose signatures are known where they are checked. */
export class SeededKeys {
  readonly #chance: RandomStream;
  readonly #known: KnownSignatures;
  #all = new Keystore({});
  #entries: Entries = {};

  constructor(chance: RandomStream, known: KnownSignatures) {
    this.#chance = chance;
    this.#known = known;
  }

  /** Makes keys of these names. */
  make(wanted: readonly KeyName[]): void {
    const made = wanted.map(({ name, bls }) => {
      const seed = Buffer.from(this.#chance.bytes(32));
      return [name, { seed, bls: bls ? Buffer.from(generateBlsSecret(this.#chance.bytes(32))) : null }] as const;
    });
    this.#entries = { ...this.#entries, ...Object.fromEntries(made) };
    this.#all = new KnownKeys(this.#entries, this.#known);
  }

  /** All that were made so far. */
  get all(): Keystore {
    return this.#all;
  }
}

class KnownKeys extends Keystore {
  readonly #entries: Entries;
  readonly #known: KnownSignatures;
  readonly #accounts = new Map<string, Ed25519Signer>();
  readonly #committees = new Map<string, BlsSigner>();

  constructor(entries: Entries, known: KnownSignatures) {
    super(entries);
    this.#entries = entries;
    this.#known = known;
  }

  override account(name: string): Ed25519Signer {
    const seed = this.#entries[name]?.seed;
    if (seed === undefined) return super.account(name);
    const signer = this.#accounts.get(name) ?? new KnownAccount(seed, this.#known);
    this.#accounts.set(name, signer);
    return signer;
  }

  override committee(name: string): BlsSigner {
    const secret = this.#entries[name]?.bls ?? null;
    if (secret === null) return super.committee(name);
    const signer = this.#committees.get(name) ?? new KnownCommittee(secret, this.#known);
    this.#committees.set(name, signer);
    return signer;
  }
}

class KnownAccount extends Ed25519Signer {
  readonly #known: KnownSignatures;

  constructor(seed: Uint8Array, known: KnownSignatures) {
    super(seed);
    this.#known = known;
  }

  override sign(root: Uint8Array): Uint8Array {
    return this.#known.make(this.publicKey, root, () => super.sign(root));
  }
}

class KnownCommittee extends BlsSigner {
  readonly #known: KnownSignatures;

  constructor(secret: Uint8Array, known: KnownSignatures) {
    super(secret);
    this.#known = known;
  }

  override sign(root: Uint8Array): Uint8Array {
    return this.#known.make(this.publicKey, root, () => super.sign(root));
  }
}
