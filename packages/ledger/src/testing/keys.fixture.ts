import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { addressOf, consensusPossessionRoot, possessionRoot } from '@assay/protocol';
import { aggregateSignatures, fastAggregateVerify, PublicKey, SecretKey, Signature } from '@chainsafe/blst';
import type { Verifier } from '../state/verifier.ts';

/** An account's key pair, made from its name. */
export interface AccountKey {
  readonly publicKey: Uint8Array;
  readonly address: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/** A committee member's key pair, made from its name. */
export interface CommitteeKey {
  readonly publicKey: Uint8Array;
  readonly possession: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/** One way to sign and check: the real one, or a quick one for tests that try many blocks. */
export interface KeyScheme {
  readonly verifier: Verifier;
  account(name: string): AccountKey;
  committee(name: string): CommitteeKey;
  aggregate(signatures: readonly Uint8Array[]): Uint8Array;
}

const hash = (...parts: (Uint8Array | string)[]): Uint8Array => {
  const state = createHash('sha256');
  for (const part of parts) state.update(part);
  return new Uint8Array(state.digest());
};
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

function realAccount(name: string): AccountKey {
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, hash(name)]), format: 'der', type: 'pkcs8' });
  const publicKey = new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32));
  return { publicKey, address: addressOf(publicKey), sign: (message) => new Uint8Array(sign(null, message, key)) };
}

function realCommittee(name: string): CommitteeKey {
  const secret = SecretKey.fromKeygen(hash(name));
  const publicKey = secret.toPublicKey().toBytes();
  const signRoot = (message: Uint8Array) => secret.sign(message).toBytes();
  return { publicKey, possession: signRoot(possessionRoot(publicKey)), sign: signRoot };
}

/** Ed25519 by OpenSSL and BLS12-381 by blst. */
export const realKeys: KeyScheme = {
  verifier: {
    ed25519(publicKey, message, signature) {
      const key = createPublicKey({ key: Buffer.concat([spkiPrefix, publicKey]), format: 'der', type: 'spki' });
      return verify(null, message, key, signature);
    },
    bls(publicKeys, message, signature) {
      try {
        const points = publicKeys.map((bytes) => PublicKey.fromBytes(bytes, true));
        return points.length > 0 && fastAggregateVerify(message, points, Signature.fromBytes(signature, true, true));
      } catch {
        return false;
      }
    },
  },
  account: realAccount,
  committee: realCommittee,
  aggregate: (signatures) =>
    aggregateSignatures(signatures.map((signature) => Signature.fromBytes(signature))).toBytes(),
};

const repeated = (bytes: Uint8Array, length: number) =>
  Uint8Array.from({ length }, (_, i) => bytes[i % bytes.length] ?? 0);
const quickSignature = (publicKey: Uint8Array, message: Uint8Array, length: number) =>
  repeated(hash(publicKey, message), length);
const xor = (signatures: readonly Uint8Array[]) =>
  Uint8Array.from({ length: 96 }, (_, i) => signatures.reduce((sum, signature) => sum ^ (signature[i] ?? 0), 0));
const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

/** Signatures anyone could forge, but that bind key and message: for tests that are about rules and try many blocks. */
export const quickKeys: KeyScheme = {
  verifier: {
    ed25519: (publicKey, message, signature) => same(quickSignature(publicKey, message, 64), signature),
    bls: (publicKeys, message, signature) =>
      publicKeys.length > 0 && same(xor(publicKeys.map((key) => quickSignature(key, message, 96))), signature),
  },
  account(name) {
    const publicKey = hash(name);
    return { publicKey, address: addressOf(publicKey), sign: (message) => quickSignature(publicKey, message, 64) };
  },
  committee(name) {
    const publicKey = repeated(hash(name), 48);
    const signRoot = (message: Uint8Array) => quickSignature(publicKey, message, 96);
    return { publicKey, possession: signRoot(possessionRoot(publicKey)), sign: signRoot };
  },
  aggregate: xor,
};

/** A consensus key with its proof, for the validator of an account. */
export function consensusTerms(key: AccountKey, account: Uint8Array) {
  const { publicKey: consensusKey } = key;
  return { consensusKey, possession: key.sign(consensusPossessionRoot(consensusKey, account)) };
}
