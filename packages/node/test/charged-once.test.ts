import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Artifact,
  BatchOffer,
  BatchReply,
  drawIdOf,
  GatewayMessage,
  InferencePayload,
  messageTypes,
  Precommit,
  precommitHash,
  type Receipt,
  TaskRequest,
  TaskSubmission,
  ticketSigningRoot,
  toHex,
} from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { names } from '../src/devnet/genesis.ts';
import { ask, receive } from '../src/network/wire.ts';
import { protocols, SigningRoots } from '../src/roles/context.ts';
import { ofReceipt } from '../src/roles/mixer/index.ts';
import type { SimulatedNetwork } from './simulated/network.ts';
import { startNetwork } from './simulated/start.ts';

const dir = () => mkdtempSync(join(tmpdir(), 'assay-charged-'));
const start = (at: string) => startNetwork({ miners: 1, dir: at });

/** Sends a signed request to mixer 0: the id of the task it became, or the code it was refused with. */
async function submit(net: SimulatedNetwork, submission: Uint8Array): Promise<string> {
  const client = await net.network.join('a client');
  const stream = await client.open(net.mixerAddress(0), protocols.task);
  await stream.send(submission);
  let taskId = '';
  for (;;) {
    const message = await receive(stream, GatewayMessage);
    if (message === null) throw new Error('the mixer closed the stream');
    const value = message.value as { taskId: Uint8Array; code: string };
    if (message.selector === gatewayMessages.admitted) taskId = `0x${toHex(value.taskId)}`;
    if (message.selector === gatewayMessages.failure) taskId = value.code;
    if (message.selector === gatewayMessages.failure || message.selector === gatewayMessages.ended) break;
  }
  client.leave();
  return taskId;
}

/** What mixers answer to a batch of mixer 1 with another task for a request that the payer signed once. */
async function chargeAgain(
  net: SimulatedNetwork,
  first: Receipt,
  signed: Pick<TaskSubmission, 'request' | 'signature'>,
) {
  const state = net.chain.head();
  const roots = new SigningRoots(state.chain);
  const ticket = net.keys.committee(names.mixer(1)).sign(ticketSigningRoot(state.chain, signed.request));
  const taskId = drawIdOf({ ticket });
  const artifactRoot = Artifact.hashTreeRoot(Artifact.defaultValue());
  const salt = new Uint8Array(32);
  const hash = precommitHash({ ...first, artifactRoot, salt });
  const precommit = { taskId, miner: 0, hash };
  const precommitSignature = net.keys
    .account(names.miner(0))
    .sign(roots.of(messageTypes.precommit, Precommit, precommit));
  const drawHeight = state.globals.height;
  const receipt = { ...first, taskId, ticket, artifactRoot, drawHeight, rank: 0, attempt: 0 };
  const evidence = { request: signed.request, requestSignature: signed.signature, precommitSignature, salt };
  await net.built.roles.set('mixer-2', false);
  const impostor = await net.network.join(net.mixerAddress(1));
  const answers: string[] = [];
  for (const mixer of [0, 2, 3]) {
    const offer = net.offer(1, ofReceipt({ receipt, evidence }));
    const stream = await impostor.open(net.mixerAddress(mixer), protocols.batch);
    const reply = await ask(net.runtime, stream, [BatchOffer, offer], BatchReply);
    const value = reply?.value as { reason?: string } | undefined;
    answers.push(value?.reason ?? 'signed');
  }
  return answers;
}

describe('a signed request', () => {
  it('is charged once, over a restart of all too (§5.22)', async () => {
    const at = dir();
    const before = await start(at);
    const submission = before.submission();
    const { request, signature } = TaskSubmission.deserialize(submission);
    const taskId = await submit(before, submission);
    await before.until(() => before.task(taskId) !== null);
    const receipt = before.task(taskId)?.receipt as Receipt;
    await before.halt();
    const net = await start(at);
    expect(await submit(net, submission)).toBe('INVALID_REQUEST');
    expect(new Set(await chargeAgain(net, receipt, { request, signature }))).toEqual(
      new Set(['the request was used for another task']),
    );
  });

  it('becomes no task once it has expired, or when it would hold for ever (§5.22)', async () => {
    const net = await start(dir());
    const taskId = await submit(net, net.submission());
    await net.until(() => net.task(taskId) !== null);
    const receipt = net.task(taskId)?.receipt as Receipt;
    const signed = (change: Partial<TaskRequest>) => {
      const payload = { ...InferencePayload.defaultValue(), maxTokens: 4 };
      const requestHash = InferencePayload.hashTreeRoot(payload);
      const bounds = { maxTokensIn: 1000, maxTokensOut: payload.maxTokens };
      const request = { session: net.session, gateway: 0, requestHash, ...bounds, validUntilMs: Date.now(), ...change };
      const roots = new SigningRoots(net.chain.identity);
      const root = roots.of(messageTypes.taskRequest, TaskRequest, request);
      const signature = net.keys.account(names.session).sign(root);
      return { request, signature, submission: TaskSubmission.serialize({ request, signature, payload }) };
    };
    const eternal = signed({ validUntilMs: Date.now() + 3_600_000 });
    expect(await submit(net, eternal.submission)).toBe('INVALID_REQUEST');
    const old = signed({ validUntilMs: Date.now() - 60_000 });
    expect(await submit(net, old.submission)).toBe('EXPIRED');
    const { requestHash } = old.request;
    const late = await chargeAgain(net, { ...receipt, requestHash }, old);
    expect(new Set(late)).toEqual(new Set(['the request had expired when its task began']));
  });
});
