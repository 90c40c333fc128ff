import { names } from '@assay/node/devnet/genesis';
import { type Attestation, messageTypes, type Receipt, type Transition, TransitionRequest } from '@assay/protocol';
import { SigningRoots } from '@assay/roles/context';
import { ofTransition } from '@assay/roles/mixer/index';
import type { World } from '../world.ts';
import { signedRequest } from './forged-task.ts';

/** A late step of a task that a session asked for, named by an oracle alone: no mixer has voted. */
export function unvotedStep(world: World, receipt: Receipt, change: Partial<Transition> = {}): Attestation {
  const { taskId, session, requestHash, ticket, replica, kind, miner, rank, drawHeight } = receipt;
  const step = { state: 'precommit' as const, attempt: 0, oracle: 0, miner, rank };
  const roots = new SigningRoots(world.chain.identity);
  const asked = { taskId, mixer: 0, ...step, timeMs: 0 };
  const oracle = world.keys.account(names.oracle(0));
  const signature = oracle.sign(roots.of(messageTypes.transitionRequest, TransitionRequest, asked));
  const signed = signedRequest(world, { requestHash, maxTokensIn: 1000, maxTokensOut: 1000 });
  const { state, ...rest } = step;
  return ofTransition({
    transition: { session, requestHash, ticket, replica, kind, drawHeight, step: state, ...rest, ...change },
    evidence: {
      request: signed.request,
      requestSignature: signed.signature,
      order: { request: { request: asked, signature }, votes: [] },
    },
  });
}
