import { fromHex } from '@assay/ssz';
import type { CometBlockId } from './canonical-vote.ts';
import vectors from './comet-vectors.fixture.json' with { type: 'json' };

/** Made by the Go code of CometBFT 0.40.0 (`types.VoteSignBytes`, `types.Header.Hash` and their like). */
export { vectors };

export function bytesOfHex(hex: string): Uint8Array {
  const bytes = fromHex(hex);
  if (bytes === null) throw new Error(`${hex} is not hexadecimal`);
  return bytes;
}

type IdVector = { readonly hash: string; readonly partsTotal: number; readonly partsHash: string } | null;

export function blockIdOf(id: IdVector): CometBlockId | null {
  if (id === null) return null;
  return { hash: bytesOfHex(id.hash), partsTotal: id.partsTotal, partsHash: bytesOfHex(id.partsHash) };
}
