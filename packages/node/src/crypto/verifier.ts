import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { Verifier } from '@assay/ledger';
import { limits } from '@assay/protocol';
import { BoundedCache } from '@assay/roles/bounded-cache';
import { aggregateSignatures, fastAggregateVerify, PublicKey, Signature } from '@chainsafe/blst';

/** The DER bytes before a raw Ed25519 public key (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

const ed25519Keys = new BoundedCache<KeyObject>(limits.maxCachedKeys);
const blsKeys = new BoundedCache<PublicKey>(limits.maxCachedKeys);

function ed25519Key(publicKey: Uint8Array): KeyObject {
  return ed25519Keys.get(publicKey, () =>
    createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' }),
  );
}

function verifyBls(publicKeys: readonly Uint8Array[], message: Uint8Array, signature: Uint8Array): boolean {
  // Validation keeps out infinity and points outside the group, with which an aggregate could be forged.
  const points = publicKeys.map((bytes) => blsKeys.get(bytes, () => PublicKey.fromBytes(bytes, true)));
  return points.length > 0 && fastAggregateVerify(message, points, Signature.fromBytes(signature, true, true));
}

/** Runs a native check; malformed input makes the library throw, which here means the check failed. */
function holds(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

/** Ed25519 by OpenSSL, BLS by blst. Keys and signatures are validated; malformed input is false, never an error. */
export const nativeVerifier: Verifier = {
  ed25519: (publicKey, message, signature) => holds(() => verify(null, message, ed25519Key(publicKey), signature)),
  bls: (publicKeys, message, signature) => holds(() => verifyBls(publicKeys, message, signature)),
};

/** `nativeVerifier.ed25519` on another thread. */
export function verifyOffThread(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      verify(null, message, ed25519Key(publicKey), signature, (error, good) => resolve(error === null && good));
    } catch {
      resolve(false);
    }
  });
}

/** Sums BLS signatures over one message into one (§7.2); null when there is none or one is malformed. */
export function aggregateBls(signatures: readonly Uint8Array[]): Uint8Array | null {
  try {
    const points = signatures.map((signature) => Signature.fromBytes(signature, true, true));
    return points.length === 0 ? null : aggregateSignatures(points).toBytes();
  } catch {
    return null;
  }
}
