import { drawMiners, drawTable, priceOf } from '@assay/ledger';
import { names } from '@assay/node/devnet/genesis';
import {
  Artifact,
  type ArtifactBundle,
  type Attestation,
  drawIdOf,
  InferencePayload,
  messageTypes,
  Precommit,
  precommitHash,
  type Receipt,
  type Ref,
  TaskRequest,
  TaskSubmission,
  ticketSigningRoot,
} from '@assay/protocol';
import { SigningRoots } from '@assay/roles/context';
import { ofReceipt } from '@assay/roles/mixer/index';
import type { World } from '../world.ts';

type SignedRequest = ReturnType<typeof signedRequest>;

/** What a request is signed for unless it says more: a task of the interactive class (§6.6). */
const usualBounds = { maxTokensIn: 100, maxTokensOut: 4 };

/** A request signed by the key of all sessions, as a gateway sends it. */
export function signedRequest(world: World, terms: Partial<TaskRequest> = {}, nonce = 0) {
  const payload: InferencePayload = {
    ...InferencePayload.defaultValue(),
    messages: [{ role: 'user', content: 'hello' }],
    maxTokens: usualBounds.maxTokensOut,
    nonce: new Uint8Array(32).fill(nonce),
  };
  const request: TaskRequest = {
    session: world.session,
    gateway: 0,
    requestHash: InferencePayload.hashTreeRoot(payload),
    ...usualBounds,
    validUntilMs: world.runtime.nowMs() + 60_000,
    ...terms,
  };
  const root = new SigningRoots(world.chain.identity).of(messageTypes.taskRequest, TaskRequest, request);
  const signature = world.keys.account(names.session).sign(root);
  return { request, signature, submission: TaskSubmission.serialize({ request, signature, payload }) };
}

/** The ticket of a mixer for a request. */
export function ticketOf(world: World, mixer: Ref<'mixers'>, request: Pick<TaskRequest, 'session' | 'requestHash'>) {
  return world.keys.committee(names.mixer(mixer)).sign(ticketSigningRoot(world.chain.identity, request));
}

/** The miners that a ticket draws now, the first of them first. */
export function drawnBy(world: World, session: Ref<'sessions'>, ticket: Uint8Array): number[] {
  const state = world.chain.head();
  const { domain, model, payer, dedicatedMiners } = state.sessions.at(session);
  const asked = {
    ...usualBounds,
    kind: 'user' as const,
    domain,
    model,
    payer,
    dedicatedMiners,
    drawHeight: state.globals.height,
  };
  const draw = drawMiners(drawTable(state), { ...asked, taskId: drawIdOf({ ticket }) }, state.miners.length);
  return draw.map(({ miner }) => miner);
}

/**
 * A finished task that nobody did, everything signed: the request by its session, the answer by its miner. The miner is
 * the first that the ticket draws, unless another is named.
 */
export function forgedTask(
  world: World,
  { request, signature }: Pick<SignedRequest, 'request' | 'signature'>,
  { ticket, ...change }: { readonly ticket: Uint8Array; readonly miner?: Ref<'miners'> },
): Attestation {
  const state = world.chain.head();
  const { session, requestHash } = request;
  const taskId = drawIdOf({ ticket });
  const miner = change.miner ?? drawnBy(world, session, ticket)[0] ?? 0;
  const artifactRoot = Artifact.hashTreeRoot(Artifact.defaultValue());
  const salt = new Uint8Array(32);
  const precommit = { taskId, miner, hash: precommitHash({ artifactRoot, salt, requestHash, model: 0 }) };
  const root = new SigningRoots(state.chain).of(messageTypes.precommit, Precommit, precommit);
  const tokens = { tokensIn: 10, tokensOut: 4 };
  const receipt: Receipt = {
    kind: 'user',
    model: 0,
    taskId,
    ticket,
    miner,
    session,
    requestHash,
    artifactRoot,
    ...tokens,
    maxTokensIn: request.maxTokensIn,
    maxTokensOut: request.maxTokensOut,
    outcome: 'complete',
    gateway: 0,
    replica: 0,
    rank: 0,
    attempt: 0,
    firstTokenMs: 1,
    totalMs: 2,
    similarityPpb: 0,
    drawHeight: state.globals.height,
    priceUnits: priceOf(state.models.at(0), tokens),
  };
  const precommitSignature = world.keys.account(names.miner(miner)).sign(root);
  return ofReceipt({ receipt, evidence: { request, requestSignature: signature, precommitSignature, salt } });
}

/** A finished task with its evidence, whose request nobody signed. */
export function unsignedTask(world: World, receipt: Receipt, { reveal }: ArtifactBundle): Attestation {
  const { requestHash, maxTokensIn, maxTokensOut } = receipt;
  const { request } = signedRequest(world, { requestHash, maxTokensIn, maxTokensOut });
  const { precommitSignature, salt } = reveal;
  return ofReceipt({ receipt, evidence: { request, requestSignature: new Uint8Array(64), precommitSignature, salt } });
}
