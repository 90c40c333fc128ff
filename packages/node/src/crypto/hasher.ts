import { setHasher } from '@chainsafe/persistent-merkle-tree';
import { hasher } from '@chainsafe/persistent-merkle-tree/hasher/hashtree';

/**
 * Makes every Merkle root of this process come from the native SHA-256 (several blocks at once in vector registers).
 * Call it first of all. A platform without the native library fails here, at the import: falling back in silence
 * would make blocks many times slower than their time allows.
 */
export function useNativeHasher(): void {
  setHasher(hasher);
}
