import type { Verifier } from '@assay/ledger';
import { sha256 } from '@assay/ssz';
import { BoundedCache } from './bounded-cache.ts';

const held = {};

/** Checks by `verifier`, and remembers the last `capacity` signatures that held: each is checked once. */
export function rememberingVerifier(verifier: Verifier, capacity: number): Verifier {
  const cache = new BoundedCache<typeof held>(capacity);
  const holds = (
    { keys, message, signature }: { keys: readonly Uint8Array[]; message: Uint8Array; signature: Uint8Array },
    check: () => boolean,
  ) => cache.get(sha256(sha256(...keys), sha256(message), signature), () => (check() ? held : null)) !== null;
  return {
    ed25519: (publicKey, message, signature) =>
      holds({ keys: [publicKey], message, signature }, () => verifier.ed25519(publicKey, message, signature)),
    bls: (keys, message, signature) =>
      holds({ keys, message, signature }, () => verifier.bls(keys, message, signature)),
  };
}
