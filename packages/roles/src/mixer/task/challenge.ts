import type { LedgerView } from '@assay/ledger';
import { InferencePayload } from '@assay/protocol';
import { boundsOf } from '../../prompt-bound.ts';
import type { Challenge } from '../part-messages.ts';
import { type MixerTask, newTask } from './state.ts';

/** A challenge as a task: nothing tells it from a user's (§15.5). */
export function challengeTask({ payload, model, ...drawn }: Challenge, state: LedgerView, nowMs: number): MixerTask {
  const { contextTokens, fileHash } = state.models.at(model);
  const asked = {
    ...drawn,
    ticket: new Uint8Array(96),
    request: {
      session: 0,
      gateway: 0,
      requestHash: InferencePayload.hashTreeRoot(payload),
      ...boundsOf(payload, contextTokens),
      validUntilMs: nowMs,
    },
    requestSignature: new Uint8Array(64),
    sampling: payload.sampling,
    terms: { kind: 'challenge' as const, model, fileHash, priceInUnits: 0n, priceOutUnits: 0n },
    deadlines: state.params.deadlines,
    maxReassignments: 0,
    drawHeight: state.globals.height,
  };
  return newTask(asked, nowMs);
}
