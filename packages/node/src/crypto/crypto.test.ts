import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { addressOf, possessionRoot } from '@assay/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apiKeyOf, BlsSigner, Ed25519Signer, generateBlsSecret } from './signers.ts';
import { aggregateBls, nativeVerifier, verifyOffThread } from './verifier.ts';

const hash = (text: string) => Uint8Array.from(createHash('sha256').update(text).digest());
const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
const flipped = (bytes: Uint8Array, bit: number) => {
  const out = Uint8Array.from(bytes);
  const at = (bit >> 3) % out.length;
  out[at] = (out[at] ?? 0) ^ (1 << (bit & 7));
  return out;
};
const anyBytes = fc.uint8Array({ maxLength: 200 });

describe('Ed25519', () => {
  it('makes the key and the signature of RFC 8032, test 2', () => {
    const signer = new Ed25519Signer(hex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'));
    expect(Buffer.from(signer.publicKey).toString('hex')).toBe(
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    );
    const signature = signer.sign(Uint8Array.of(0x72));
    expect(Buffer.from(signature).toString('hex')).toBe(
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
        '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    );
    expect(nativeVerifier.ed25519(signer.publicKey, Uint8Array.of(0x72), signature)).toBe(true);
    expect(signer.address).toEqual(addressOf(signer.publicKey));
  });

  it('accepts a signature and none with a bit of anything changed', () => {
    const signer = new Ed25519Signer(hash('a'));
    const root = hash('message');
    const signature = signer.sign(root);
    fc.assert(
      fc.property(fc.nat(511), (bit) => {
        expect(nativeVerifier.ed25519(signer.publicKey, root, signature)).toBe(true);
        expect(nativeVerifier.ed25519(signer.publicKey, root, flipped(signature, bit))).toBe(false);
        expect(nativeVerifier.ed25519(signer.publicKey, flipped(root, bit), signature)).toBe(false);
        expect(nativeVerifier.ed25519(flipped(signer.publicKey, bit), root, signature)).toBe(false);
      }),
    );
  });

  it('says the same on another thread', async () => {
    const signer = new Ed25519Signer(hash('a'));
    const signature = signer.sign(hash('message'));
    expect(await verifyOffThread(signer.publicKey, hash('message'), signature)).toBe(true);
    expect(await verifyOffThread(signer.publicKey, hash('another'), signature)).toBe(false);
    expect(await verifyOffThread(Uint8Array.of(1), hash('message'), signature)).toBe(false);
    expect(await verifyOffThread(signer.publicKey, hash('message'), Uint8Array.of(1))).toBe(false);
  });

  it('says false to malformed input, never throws', () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, anyBytes, (key, message, signature) => {
        expect(nativeVerifier.ed25519(key, message, signature)).toBe(false);
        expect(nativeVerifier.bls([key], message, signature)).toBe(false);
      }),
    );
  });

  it('shows no secret when it is printed', () => {
    const seed = hash('printed');
    const signer = new Ed25519Signer(seed);
    const shown = inspect(signer, { depth: 9, showHidden: true, breakLength: Number.POSITIVE_INFINITY, compact: true });
    expect(shown).toContain([...signer.publicKey].slice(0, 8).join(', '));
    expect(shown).not.toContain([...seed].slice(0, 8).join(', '));
    expect(Object.values(signer)).toEqual([signer.publicKey, signer.address]);
  });

  it('gives a session one API key, and another session another', () => {
    const key = apiKeyOf(new Ed25519Signer(hash('session')), 0);
    expect(key).toMatch(/^sk-assay-[0-9a-f]{64}$/);
    expect(apiKeyOf(new Ed25519Signer(hash('session')), 0)).toBe(key);
    expect(apiKeyOf(new Ed25519Signer(hash('other')), 0)).not.toBe(key);
    expect(apiKeyOf(new Ed25519Signer(hash('session')), 1)).not.toBe(key);
    expect(apiKeyOf(new Ed25519Signer(hash('session')), 0, 1)).not.toBe(key);
  });
});

describe('BLS', () => {
  const signers = ['a', 'b', 'c'].map((name) => new BlsSigner(generateBlsSecret(hash(name))));
  const keys = signers.map((signer) => signer.publicKey);
  const root = hash('batch');
  const aggregate = aggregateBls(signers.map((signer) => signer.sign(root)));

  it('accepts one signature of all signers, and not with one more, one less or another message', () => {
    if (aggregate === null) throw new Error('no aggregate');
    expect(nativeVerifier.bls(keys, root, aggregate)).toBe(true);
    expect(nativeVerifier.bls(keys.slice(1), root, aggregate)).toBe(false);
    expect(nativeVerifier.bls([...keys, ...keys.slice(2)], root, aggregate)).toBe(false);
    expect(nativeVerifier.bls(keys, hash('another'), aggregate)).toBe(false);
    expect(nativeVerifier.bls([], root, aggregate)).toBe(false);
  });

  it('refuses the point at infinity as a key and as a signature', () => {
    const infinityKey = new Uint8Array(48);
    infinityKey[0] = 0xc0;
    const infinitySignature = new Uint8Array(96);
    infinitySignature[0] = 0xc0;
    expect(nativeVerifier.bls([infinityKey], root, infinitySignature)).toBe(false);
    expect(nativeVerifier.bls(keys, root, infinitySignature)).toBe(false);
  });

  it('aggregates nothing that is not a signature', () => {
    expect(aggregateBls([])).toBeNull();
    expect(aggregateBls([new Uint8Array(96)])).toBeNull();
    expect(aggregateBls([new Uint8Array(3)])).toBeNull();
  });

  it('proves possession of its own key only', () => {
    const [a, b] = signers;
    if (a === undefined || b === undefined) throw new Error('no signers');
    expect(nativeVerifier.bls([a.publicKey], possessionRoot(a.publicKey), a.possession())).toBe(true);
    expect(nativeVerifier.bls([b.publicKey], possessionRoot(b.publicKey), a.possession())).toBe(false);
  });
});
