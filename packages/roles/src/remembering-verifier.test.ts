import { describe, expect, it } from 'vitest';
import { rememberingVerifier } from './remembering-verifier.ts';

const bytes = (length: number, value: number) => new Uint8Array(length).fill(value);

/** What was asked of the verifier beneath one that remembers `capacity` signatures, which finds those of a 7 bad. */
function asked(capacity: number) {
  const checks: number[] = [];
  const check = (signature: Uint8Array) => {
    checks.push(signature[0] ?? 0);
    return signature[0] !== 7;
  };
  const verifier = rememberingVerifier(
    { ed25519: (_, __, signature) => check(signature), bls: (_, __, signature) => check(signature) },
    capacity,
  );
  const ed25519 = (signature: number, { key = 1, message = 1 } = {}) =>
    verifier.ed25519(bytes(32, key), bytes(32, message), bytes(64, signature));
  return { checks, verifier, ed25519 };
}

describe('a verifier that remembers', () => {
  it('checks once what holds, and each time what does not', () => {
    const { checks, ed25519 } = asked(8);
    expect([2, 7, 2, 7].map((signature) => ed25519(signature))).toEqual([true, false, true, false]);
    expect(checks).toEqual([2, 7, 7]);
  });

  it('takes nothing of one key, message or kind for another', () => {
    const { checks, verifier, ed25519 } = asked(8);
    ed25519(2);
    ed25519(2, { key: 3 });
    ed25519(2, { message: 3 });
    const [key, other] = [bytes(48, 1), bytes(48, 2)];
    for (const keys of [[key], [key, other], [other, key]]) verifier.bls(keys, bytes(32, 1), bytes(96, 2));
    // The bytes of a key may stand before the message or in it.
    verifier.bls([key], new Uint8Array([...other, ...bytes(32, 1)]), bytes(96, 2));
    expect(checks).toHaveLength(7);
  });

  it('forgets what it was not asked for the longest', () => {
    const { checks, ed25519 } = asked(2);
    for (const signature of [1, 2, 1, 3, 1, 2]) ed25519(signature);
    expect(checks).toEqual([1, 2, 3, 2]);
  });
});
