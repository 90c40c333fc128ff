import { encodeText, rootAlong, sha256 } from '@assay/ssz';
import { createProof, ProofType, type SingleProof } from '@chainsafe/persistent-merkle-tree';
import { Artifact } from './artifact.ts';

const PLANT = encodeText('plant');
const { gindex } = Artifact.getPathInfo(['seal']);
/** Merkle siblings from an artifact's seal up to its root. */
export const sealPathLength = gindex.toString(2).length - 1;

/** The seal of an artifact whose numbers are wrong on purpose, which only who knows the salt can open (§10.25). */
export function sealOf(salt: Uint8Array): Uint8Array {
  return sha256(PLANT, salt);
}

/** The Merkle siblings of the seal of an artifact, lowest first. */
export function sealPath(artifact: Artifact): Uint8Array[] {
  const { node } = Artifact.toViewDU(artifact);
  return (createProof(node, { type: ProofType.single, gindex }) as SingleProof).witnesses;
}

/** Root of the artifact that has the seal of this salt. */
export function plantedRoot(salt: Uint8Array, path: readonly Uint8Array[]): Uint8Array {
  return rootAlong(gindex, sealOf(salt), path);
}
