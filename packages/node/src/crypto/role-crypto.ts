import type { RoleCrypto } from '@assay/roles/ports/crypto';
import { KeyStream } from './key-stream.ts';
import { aggregateBls } from './verifier.ts';

/** By OpenSSL and blst. */
export const nativeCrypto: RoleCrypto = {
  aggregateBls,
  keyStream: (seed, pieceBytes) => new KeyStream(seed, pieceBytes),
};
