import type { LedgerView } from '@assay/ledger';
import {
  Artifact,
  type ArtifactBundle,
  ArtifactReply,
  ArtifactRequest,
  equalBytes,
  InferencePayload,
  type TaskRow,
  taskIdOf,
} from '@assay/protocol';
import type { Endpoint } from '../network/port.ts';
import { ask } from '../network/wire.ts';
import { networkAddress, protocols } from './context.ts';

/**
 * The artifact of a task and the request it answers, from the mixer that certified it (§14.3). Null when nobody gives
 * the ones the receipt is about: their roots are in the task, so nothing else can be passed off for them.
 */
export async function fetchArtifact(
  endpoint: Endpoint,
  state: LedgerView,
  task: TaskRow,
): Promise<ArtifactBundle | null> {
  const mixer = state.mixers.get(task.mixer);
  if (mixer === undefined) return null;
  try {
    const stream = endpoint.open(networkAddress(mixer), protocols.artifact);
    const reply = await ask(stream, [ArtifactRequest, { taskId: task.taskId }], ArtifactReply);
    const bundle = reply?.[0] ?? null;
    return bundle !== null && isOf(bundle, task, state) ? bundle : null;
  } catch {
    return null;
  }
}

function isOf({ payload, reveal, taskSequence }: ArtifactBundle, task: TaskRow, state: LedgerView): boolean {
  const requestHash = InferencePayload.hashTreeRoot(payload);
  if (!equalBytes(Artifact.hashTreeRoot(reveal.artifact), task.artifactRoot)) return false;
  // §8.6 Nobody signed a challenge's request but the miner: the chain keeps its root.
  const dispute = state.disputes.of(task.taskId);
  if (dispute !== undefined) return equalBytes(requestHash, dispute.requestHash);
  return equalBytes(taskIdOf({ session: task.session, taskSequence, requestHash, replica: task.replica }), task.taskId);
}
