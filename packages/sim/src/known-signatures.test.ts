import { aggregateBls, nativeVerifier } from '@assay/node/crypto/verifier';
import { SimulatedRuntime } from '@assay/roles/simulated/runtime';
import { describe, expect, it } from 'vitest';
import { SeededKeys } from './keys.ts';
import { KnownSignatures } from './known-signatures.ts';

describe('signatures that a world knows', () => {
  const checked: string[] = [];
  const known = new KnownSignatures({
    ed25519: (...parts) => checked.push('ed25519') > 0 && nativeVerifier.ed25519(...parts),
    bls: (...parts) => checked.push('bls') > 0 && nativeVerifier.bls(...parts),
  });
  const keys = new SeededKeys(new SimulatedRuntime({ seed: 1 }).random('keys'), known);
  keys.make(['a', 'b'].map((name) => ({ name, bls: true })));
  const [root, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];

  it('are checked by nobody, and are what the verifier would accept', () => {
    const account = keys.all.account('a');
    const committee = [keys.all.committee('a'), keys.all.committee('b')];
    const publicKeys = committee.map(({ publicKey }) => publicKey);
    const signature = account.sign(root);
    const sum = aggregateBls(committee.map((signer) => signer.sign(root))) ?? new Uint8Array(96);
    expect(known.ed25519(account.publicKey, root, signature)).toBe(true);
    expect(known.bls(publicKeys, root, sum)).toBe(true);
    expect(checked).toEqual([]);
    expect(nativeVerifier.ed25519(account.publicKey, root, signature)).toBe(true);
    expect(nativeVerifier.bls(publicKeys, root, sum)).toBe(true);
  });

  it('do not vouch for another message, key or signature', () => {
    const [a, b] = [keys.all.account('a'), keys.all.account('b')];
    expect(known.ed25519(a.publicKey, other, a.sign(root))).toBe(false);
    expect(known.ed25519(b.publicKey, root, a.sign(root))).toBe(false);
    expect(known.ed25519(a.publicKey, root, new Uint8Array(64))).toBe(false);
    const [one, two] = [keys.all.committee('a'), keys.all.committee('b')];
    expect(known.bls([one.publicKey, two.publicKey], root, one.sign(root))).toBe(false);
    expect(known.bls([], root, one.sign(root))).toBe(false);
  });
});
