import { isTicket, type LedgerView, type Verifier } from '@assay/ledger';
import {
  Artifact,
  type ArtifactBundle,
  ArtifactReply,
  ArtifactRequest,
  InferencePayload,
  type TaskRow,
  taskIdOf,
} from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { protocols } from './context.ts';
import { type Endpoint, peerIdOf } from './ports/network.ts';
import type { Timers } from './ports/runtime.ts';
import { ask } from './ports/wire.ts';

interface Known {
  readonly state: LedgerView;
  readonly verifier: Verifier;
  readonly runtime: Timers;
}

/**
 * The artifact of a task and the request it answers, from the mixer that certified it (§14.3). Null when nobody gives
 * the ones the receipt is about: the task holds the artifact's root, and its id the ticket of the request's.
 */
export async function fetchArtifact(endpoint: Endpoint, known: Known, task: TaskRow): Promise<ArtifactBundle | null> {
  const mixer = known.state.mixers.get(task.mixer);
  if (mixer === undefined) return null;
  try {
    const stream = await endpoint.open(peerIdOf(mixer), protocols.artifact);
    const reply = await ask(known.runtime, stream, ArtifactRequest.serialize({ taskId: task.taskId }), ArtifactReply);
    const bundle = reply?.[0] ?? null;
    return bundle !== null && isOf(bundle, known, task) ? bundle : null;
  } catch {
    return null;
  }
}

function isOf({ payload, reveal, ticket }: ArtifactBundle, { state, verifier }: Known, task: TaskRow): boolean {
  const { session, mixer, drawHeight, replica } = task;
  const requestHash = InferencePayload.hashTreeRoot(payload);
  if (!equalBytes(Artifact.hashTreeRoot(reveal.artifact), task.artifactRoot)) return false;
  // §8.6 Nobody signed a challenge's request but the miner: the chain keeps its root.
  const dispute = state.disputes.of(task.taskId);
  if (dispute !== undefined) return equalBytes(requestHash, dispute.requestHash);
  return (
    equalBytes(taskIdOf({ ticket, replica }), task.taskId) &&
    isTicket(state, { session, requestHash, ticket, drawHeight }, { mixer, verifier })
  );
}
