import { generateBlsSecret } from '@assay/node/crypto/signers';
import { type KeyName, Keystore } from '@assay/node/keys/keystore';
import type { RandomStream } from '@assay/node/runtime/port';

/** The keys of these names, made of seeded chance. */
export function seededKeys(wanted: readonly KeyName[], chance: RandomStream): Keystore {
  const entries = wanted.map(({ name, bls }) => {
    const seed = Buffer.from(chance.bytes(32));
    return [name, { seed, bls: bls ? Buffer.from(generateBlsSecret(chance.bytes(32))) : null }] as const;
  });
  return new Keystore(Object.fromEntries(entries));
}
