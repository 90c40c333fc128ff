import { generateBlsSecret } from '@assay/node/crypto/signers';
import { type KeyName, Keystore } from '@assay/node/keys/keystore';
import type { RandomStream } from '@assay/node/runtime/port';

/** Keys made of seeded chance. */
export class SeededKeys {
  readonly #chance: RandomStream;
  #entries: ConstructorParameters<typeof Keystore>[0] = {};

  constructor(chance: RandomStream) {
    this.#chance = chance;
  }

  /** Makes keys of these names. */
  make(wanted: readonly KeyName[]): void {
    const made = wanted.map(({ name, bls }) => {
      const seed = Buffer.from(this.#chance.bytes(32));
      return [name, { seed, bls: bls ? Buffer.from(generateBlsSecret(this.#chance.bytes(32))) : null }] as const;
    });
    this.#entries = { ...this.#entries, ...Object.fromEntries(made) };
  }

  /** All that were made so far. */
  get all(): Keystore {
    return new Keystore(this.#entries);
  }
}
