import { Artifact, sealOf, sealPath } from '@assay/protocol';

const salt = new Uint8Array(32).fill(9);
const artifact = { ...Artifact.defaultValue(), seal: sealOf(salt) };

/** Root of an artifact whose miner can say that its numbers are wrong on purpose. */
export const plantedArtifactRoot = Artifact.hashTreeRoot(artifact);

/** What opens the seal of a task with that artifact. */
export const openingOf = (taskId: Uint8Array) => ({ taskId, salt, path: sealPath(artifact) });
