import {
  SignedTransition,
  type TaskAnnouncement,
  TransitionOrder,
  type TransitionRequest,
  TransitionVote,
} from '@assay/protocol';
import type { ValueOf } from '@assay/ssz';
import { protocols } from '../context.ts';
import { type Endpoint, peerIdOf } from '../ports/network.ts';
import type { Timers } from '../ports/runtime.ts';
import { ask } from '../ports/wire.ts';

/** Where a mixer is reached. */
type Reached = Parameters<typeof peerIdOf>[0];

/** What an oracle asks of the mixers about a late step, as its mixer announced it. */
export function requestOf(
  { taskId, mixer, attempt, state, miner, rank }: TaskAnnouncement,
  own: Pick<TransitionRequest, 'oracle' | 'timeMs'>,
): TransitionRequest {
  return { taskId, mixer, attempt, state, miner, rank, ...own };
}

/** The vote of a mixer; null when it closes without one. Rejects when it is not there or silent. */
export async function askVote(
  endpoint: Endpoint,
  mixer: Reached,
  { signed, timers }: { signed: TransitionOrder['request']; timers: Timers },
): Promise<ValueOf<typeof TransitionVote> | null> {
  const stream = await endpoint.open(peerIdOf(mixer), protocols.vote);
  return ask(timers, stream, SignedTransition.serialize(signed), TransitionVote);
}

/** Tells a task's mixer what the mixers agreed to. Rejects when it is not there. */
export async function sendOrder(endpoint: Endpoint, mixer: Reached, order: TransitionOrder): Promise<void> {
  const stream = await endpoint.open(peerIdOf(mixer), protocols.order);
  await stream.send(TransitionOrder.serialize(order));
  stream.close();
}
