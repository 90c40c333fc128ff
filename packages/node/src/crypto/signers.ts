import { createHmac, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { addressOf, consensusPossessionRoot, possessionRoot, type Ref } from '@assay/protocol';
import { SecretKey } from '@chainsafe/blst';

/** The DER bytes before a raw Ed25519 seed (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** An account's Ed25519 key. Its secrets are private fields: they never appear in a log. */
export class Ed25519Signer {
  readonly publicKey: Uint8Array;
  /** The account's 20-byte address. */
  readonly address: Uint8Array;
  readonly #seed: Uint8Array;
  readonly #key: KeyObject;

  /** `seed`: 32 random bytes. */
  constructor(seed: Uint8Array) {
    if (seed.length !== 32) throw new RangeError('an Ed25519 seed has 32 bytes');
    this.#seed = seed;
    this.#key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
    const spki = createPublicKey(this.#key).export({ format: 'der', type: 'spki' });
    this.publicKey = Uint8Array.from(spki.subarray(-32));
    this.address = addressOf(this.publicKey);
  }

  /** Signs a 32-byte signing root (§1.2); 64 bytes. */
  sign(root: Uint8Array): Uint8Array {
    return new Uint8Array(sign(null, root, this.#key));
  }

  /** Shows that the holder knows the secret of this consensus key, for the validator of an account (§3.10). */
  consensusPossession(account: Uint8Array): Uint8Array {
    return this.sign(consensusPossessionRoot(this.publicKey, account));
  }

  /** A secret of its own for each purpose: HMAC-SHA256(seed, purpose), 32 bytes. */
  secretFor(purpose: string): Uint8Array {
    return new Uint8Array(createHmac('sha256', this.#seed).update(purpose).digest());
  }
}

/** A committee member's BLS12-381 key: 48-byte public key, 96-byte signatures. */
export class BlsSigner {
  readonly publicKey: Uint8Array;
  readonly #key: SecretKey;

  /** `secret`: a 32-byte scalar, as `generateBlsSecret` makes it. */
  constructor(secret: Uint8Array) {
    this.#key = SecretKey.fromBytes(secret);
    this.publicKey = this.#key.toPublicKey().toBytes();
  }

  /** Signs a 32-byte signing root (§1.2). Signatures are unique: nobody can make a second one (§9.1). */
  sign(root: Uint8Array): Uint8Array {
    return this.#key.sign(root).toBytes();
  }

  /** Shows that the holder knows the secret, so no key can be made that cancels others out of an aggregate (§1.2). */
  possession(): Uint8Array {
    return this.sign(possessionRoot(this.publicKey));
  }
}

/** A BLS secret from 32 random bytes. */
export function generateBlsSecret(random: Uint8Array): Uint8Array {
  return SecretKey.fromKeygen(random).toBytes();
}

/** An API key of a session: made from its key and a number, so it can be shown again although it is nowhere stored. */
export function apiKeyOf(signer: Ed25519Signer, session: Ref<'sessions'>, number = 0): string {
  const which = number === 0 ? 'api key' : `api key ${number}`;
  return `sk-assay-${Buffer.from(signer.secretFor(`assay ${which} of session ${session}`)).toString('hex')}`;
}
