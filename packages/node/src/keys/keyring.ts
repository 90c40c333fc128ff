import { toHex } from '@assay/ssz';
import type { BlsSigner, Ed25519Signer } from '../crypto/signers.ts';
import type { Keystore } from './keystore.ts';

/** The keys of a node by name and, as the chain knows them, by their public halves. */
export class KeyRing {
  readonly #read: () => Promise<Keystore>;
  readonly #accounts = new Map<string, Ed25519Signer>();
  readonly #committees = new Map<string, BlsSigner>();
  #named: Keystore;

  /** `read` reads the keys again: more may be made while the node runs. */
  constructor(keys: Keystore, read: () => Promise<Keystore>) {
    this.#read = read;
    this.#named = keys;
    this.#index();
  }

  get named(): Keystore {
    return this.#named;
  }

  account(publicKey: Uint8Array): Ed25519Signer | null {
    return this.#accounts.get(toHex(publicKey)) ?? null;
  }

  committee(blsPublicKey: Uint8Array): BlsSigner | null {
    return this.#committees.get(toHex(blsPublicKey)) ?? null;
  }

  async reread(): Promise<void> {
    this.#named = await this.#read();
    this.#index();
  }

  #index(): void {
    for (const { name, bls } of this.#named.names()) {
      const account = this.#named.account(name);
      this.#accounts.set(toHex(account.publicKey), account);
      if (!bls) continue;
      const committee = this.#named.committee(name);
      this.#committees.set(toHex(committee.publicKey), committee);
    }
  }
}
