import { peerSigner } from '@assay/node/network/peer.fixture';
import { GatewayMessage, type TaskRequest, type TaskSubmission } from '@assay/protocol';
import { protocols } from '@assay/roles/context';
import { receive } from '@assay/roles/ports/wire';
import { toHex } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { FalseMixer } from '../src/adversaries/false-mixer.ts';
import { forgedTask, signedRequest, ticketOf } from '../src/adversaries/forged-task.ts';
import { SimulatedModel } from '../src/simulated-model.ts';
import type { World } from '../src/world.ts';
import { startWorld } from './start.fixture.ts';

/** Sends a signed request to mixer 0: the id of the task it became, or the code it was refused with. */
async function submit(net: World, submission: Uint8Array): Promise<string> {
  const client = await net.network.join(peerSigner('a client'));
  const stream = await client.open(net.mixerPeer(0), protocols.task);
  await stream.send(submission);
  let taskId = '';
  for (;;) {
    const message = await receive(stream, GatewayMessage);
    if (message === null) throw new Error('the mixer closed the stream');
    const value = message.value as { taskId: Uint8Array; code: string };
    if (message.kind === 'admitted') taskId = `0x${toHex(value.taskId)}`;
    if (message.kind === 'failure') taskId = value.code;
    if (message.kind === 'failure' || message.kind === 'ended') break;
  }
  client.leave();
  return taskId;
}

/** What mixers answer to a batch of mixer 1 with another task for a request that the payer signed once. */
async function chargeAgain(net: World, signed: Pick<TaskSubmission, 'request' | 'signature'>): Promise<string[]> {
  const liar = await FalseMixer.of(net, 1);
  return liar.offerAll(forgedTask(net, signed, { ticket: ticketOf(net, 1, signed.request) }));
}

describe('a signed request', () => {
  it('waits for no turn once it was used (§5.25)', async () => {
    let held = Promise.resolve();
    const net = await startWorld({ miners: 1, modelOf: () => new SimulatedModel('registered', () => held) });
    const { submission } = signedRequest(net);
    expect(await submit(net, submission)).toMatch('0x');
    const freed = Promise.withResolvers<void>();
    held = freed.promise;
    const inHand = () => net.built.queues(0, [0])[0]?.models[0];
    const slots = inHand()?.slots ?? 0;
    const asked = Array.from({ length: slots }, (_, seed) => net.ask({ seed }));
    await net.until(() => inHand()?.inHand === slots);
    expect(await submit(net, submission)).toBe('INVALID_REQUEST');
    freed.resolve();
    await Promise.all(asked);
  });

  it('is charged once, over a restart of all too (§5.22)', async () => {
    const before = await startWorld({ miners: 1 });
    const { submission, ...signed } = signedRequest(before);
    const taskId = await submit(before, submission);
    await before.until(() => before.task(taskId) !== null);
    await before.end();
    const net = await startWorld({ miners: 1, after: before });
    expect(await submit(net, submission)).toBe('INVALID_REQUEST');
    expect(await chargeAgain(net, signed)).toEqual(['the request was used for another task']);
  });

  it('becomes no task once it has expired, or when it would hold for ever (§5.22)', async () => {
    const net = await startWorld({ miners: 1 });
    const taskId = await submit(net, signedRequest(net).submission);
    await net.until(() => net.task(taskId) !== null);
    const until = (validUntilMs: TaskRequest['validUntilMs']) => signedRequest(net, { validUntilMs }, 1);
    const eternal = until(net.runtime.nowMs() + 3_600_000);
    expect(await submit(net, eternal.submission)).toBe('INVALID_REQUEST');
    const old = until(net.runtime.nowMs() - 60_000);
    expect(await submit(net, old.submission)).toBe('EXPIRED');
    expect(await chargeAgain(net, old)).toEqual(['the request had expired when its task began']);
  });
});
