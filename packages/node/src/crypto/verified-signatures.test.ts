import type { Verifier } from '@assay/ledger';
import { describe, expect, it } from 'vitest';
import { VerifiedSignatures } from './verified-signatures.ts';

const bytes = (length: number, fill: number) => new Uint8Array(length).fill(fill);
const key = bytes(32, 1);
const root = bytes(32, 2);
const good = bytes(64, 3);
const bad = bytes(64, 4);

/** Counts how often a signature is really checked; only `good` and aggregates filled with 3 hold. */
function counting(): { checks: number; verifier: Verifier } {
  const holds = (signature: Uint8Array) => {
    counted.checks += 1;
    return signature[0] === 3;
  };
  const counted = {
    checks: 0,
    verifier: {
      ed25519: (_key: Uint8Array, _message: Uint8Array, signature: Uint8Array) => holds(signature),
      bls: (_keys: readonly Uint8Array[], _message: Uint8Array, signature: Uint8Array) => holds(signature),
    },
  };
  return counted;
}

describe('verified signatures', () => {
  it('checks once what was good on arrival, and again what is asked twice', () => {
    const counted = counting();
    const { onArrival, inBlock } = new VerifiedSignatures(counted.verifier, 10);
    expect(onArrival.ed25519(key, root, good)).toBe(true);
    expect(onArrival.ed25519(key, root, good)).toBe(true);
    expect(inBlock.ed25519(key, root, good)).toBe(true);
    expect(counted.checks).toBe(1);
    expect(inBlock.ed25519(key, root, good)).toBe(true);
    expect(counted.checks).toBe(2);
  });

  it('never remembers what was bad, nor takes one message, key or committee for another', () => {
    const counted = counting();
    const { onArrival, inBlock } = new VerifiedSignatures(counted.verifier, 10);
    expect(onArrival.ed25519(key, root, bad)).toBe(false);
    expect(inBlock.ed25519(key, root, bad)).toBe(false);
    expect(onArrival.ed25519(key, root, good)).toBe(true);
    expect(onArrival.bls([bytes(48, 1)], root, bytes(96, 3))).toBe(true);
    counted.checks = 0;
    inBlock.ed25519(bytes(32, 9), root, good);
    inBlock.ed25519(key, bytes(32, 9), good);
    inBlock.bls([bytes(48, 1), bytes(48, 1)], root, bytes(96, 3));
    expect(counted.checks).toBe(3);
    expect(inBlock.bls([bytes(48, 1)], root, bytes(96, 3))).toBe(true);
    expect(counted.checks).toBe(3);
  });

  it('takes the word of another thread', () => {
    const counted = counting();
    const memory = new VerifiedSignatures(counted.verifier, 10);
    memory.learn(key, root, good);
    expect(memory.onArrival.ed25519(key, root, good)).toBe(true);
    expect(memory.inBlock.ed25519(key, root, good)).toBe(true);
    expect(counted.checks).toBe(0);
  });

  it('forgets the oldest when it is full', () => {
    const counted = counting();
    const { onArrival, inBlock } = new VerifiedSignatures(counted.verifier, 2);
    for (const n of [1, 2, 3]) onArrival.ed25519(key, bytes(32, n), good);
    counted.checks = 0;
    for (const n of [3, 2, 1]) inBlock.ed25519(key, bytes(32, n), good);
    expect(counted.checks).toBe(1);
  });
});
