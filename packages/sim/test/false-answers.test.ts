import { names } from '@assay/node/devnet/genesis';
import { GatewayMessage, TaskSubmission } from '@assay/protocol';
import { protocols } from '@assay/roles/context';
import { type MessageStream, peerIdOf } from '@assay/roles/ports/network';
import { receive } from '@assay/roles/ports/wire';
import { describe, expect, it } from 'vitest';
import type { World } from '../src/world.ts';
import { codeOf, endpointOf, startWorld } from './start.fixture.ts';

const start = () => startWorld({ miners: 2, params: { epochBlocks: 4096 } });
const never = () => new Promise<never>(() => {});
const say = (stream: MessageStream, message: GatewayMessage) => stream.send(GatewayMessage.serialize(message));

/** From now on a mixer answers requests in its own way, and never ends a stream; those it was asked. */
function answerFalsely(net: World, mixer: number, answer: (stream: MessageStream) => Promise<unknown>) {
  const asked: { readonly stream: MessageStream; readonly submission: TaskSubmission }[] = [];
  endpointOf(net, mixer).handle(protocols.task, async (stream) => {
    const submission = await receive(stream, TaskSubmission);
    if (submission !== null) asked.push({ stream, submission });
    await answer(stream);
    await never();
  });
  return asked;
}

/** Whether the gateway has left a stream, as the mixer sees it. */
const isLeft = (stream: MessageStream) =>
  Promise.race([
    stream.messages.next().then(
      () => true,
      () => true,
    ),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 500)),
  ]);

const chunk = (bytes: number): GatewayMessage => ({
  kind: 'chunk',
  value: { tokens: [], text: new Uint8Array(bytes).fill(97), chain: new Uint8Array(32), checkpoint: [] },
});
const admitted: GatewayMessage = { kind: 'admitted', value: { taskId: new Uint8Array(32).fill(7) } };

describe('a mixer that answers a gateway falsely (§5.6)', () => {
  it.each<[string, GatewayMessage]>([
    [
      'that it does not take the request',
      { kind: 'failure', value: { code: 'NO_MIXER', detail: '', retryAfterMs: 0 } },
    ],
    ['why it does not take it', { kind: 'failure', value: { code: 'TOO_MANY_REQUESTS', detail: '', retryAfterMs: 0 } }],
    ['a piece of an answer to what it has not taken', chunk(1)],
  ])('keeps no stream of a gateway that it told %s (§16.11)', async (_, message) => {
    const net = await start();
    const asked = answerFalsely(net, 0, (stream) => say(stream, message));
    await codeOf(net.ask());
    await net.blocks(50);
    expect(asked).toHaveLength(1);
    expect(await isLeft((asked[0] as { stream: MessageStream }).stream)).toBe(true);
  });

  it('does not end with garbage what the next one would take', async () => {
    const net = await start();
    await net.built.roles.set(names.mixer(0), false);
    await net.blocks(10);
    answerFalsely(net, 1, (stream) => stream.send(Uint8Array.of(9, 9, 9)));
    expect(await codeOf(net.ask())).toBe('OK');
  });

  it('ends an answer that it garbles as one that breaks the protocol', async () => {
    const net = await start();
    answerFalsely(net, 0, async (stream) => {
      await say(stream, admitted);
      await stream.send(Uint8Array.of(9, 9, 9));
    });
    expect(await codeOf(net.ask())).toBe('NO_MIXER');
  });

  it('holds a gateway for two seconds, the stream that it takes late included', async () => {
    const net = await start();
    const gateway = peerIdOf(net.keys.account(names.gateway));
    answerFalsely(net, 0, never);
    net.network.lengthen(gateway, net.mixerPeer(0), 1900);
    const startMs = net.runtime.monotonicMs();
    await codeOf(net.ask());
    // The others refuse at once: the home mixer says that it is there.
    expect(net.runtime.monotonicMs() - startMs).toBeLessThan(2500);
  });

  it('is followed by nobody who is asked for a client that has left', async () => {
    const net = await start();
    answerFalsely(net, 0, never);
    const asked = [1, 2, 3].map((mixer) => answerFalsely(net, mixer, never));
    const leaving = new AbortController();
    const answer = codeOf(net.gateway.ask(net.apiKey, net.request(), leaving.signal));
    await net.runtime.sleep(100);
    leaving.abort();
    await answer;
    expect(asked.map(({ length }) => length)).toEqual([0, 0, 0]);
  });

  it('gives no more text than was asked for (§5.16)', async () => {
    const net = await start();
    answerFalsely(net, 0, async (stream) => {
      await say(stream, admitted);
      for (let sent = 0; sent < 64; sent++) await say(stream, chunk(1024 * 1024));
      await say(stream, { kind: 'ended', value: { finish: 'stop', tokensIn: 1, tokensOut: 1 } });
    });
    expect(await codeOf(net.ask({ maxTokens: 8 }))).toBe('NO_MIXER');
  });

  it.each(['OK', 'INVALID_API_KEY', 'BAD_SIGNATURE'])('does not have the client told %s', async (code) => {
    const net = await start();
    answerFalsely(net, 0, (stream) => say(stream, { kind: 'failure', value: { code, detail: 'x', retryAfterMs: 0 } }));
    expect(await codeOf(net.ask())).toBe('INTERNAL');
  });
});
