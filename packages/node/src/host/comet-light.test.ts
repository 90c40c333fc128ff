import { type Endpoint, peerIdOf } from '@assay/roles/ports/network';
import { describe, expect, it } from 'vitest';
import type { LightQuestion } from '../consensus/cometbft/light-service.ts';
import { MemoryNetwork } from '../network/memory.ts';
import { peerSigner } from '../network/peer.fixture.ts';
import { realRuntime } from '../runtime/real.ts';
import { lightSource, serveCometLight } from './comet-light.ts';

const runtime = realRuntime(() => {});
const idOf = (name: string) => peerIdOf(peerSigner(name));
const protocol = '/assay/comet-light/1';
const question: LightQuestion = { method: 'validators', height: 123_456, page: 2 };

/** Nodes that answer as they like, and what one hears that asks them in their order. */
async function network(servers: Record<string, (endpoint: Endpoint) => void>) {
  const net = new MemoryNetwork(runtime);
  for (const [name, serve] of Object.entries(servers)) serve(await net.join(peerSigner(name)));
  const endpoint = await net.join(peerSigner('newcomer'));
  return (first: number, more: readonly string[] = []) =>
    lightSource({ endpoint, runtime }, [...more, ...Object.keys(servers)].map(idOf), first);
}

const saying = (name: string) => (own: Endpoint) =>
  serveCometLight(own, async (asked) => JSON.stringify({ name, ...asked }), runtime);

describe('what a light client asks §20.8', () => {
  it('is answered by the CometBFT of a peer, another for each source', async () => {
    const ask = await network({ one: saying('one'), two: saying('two') });
    const answers = await Promise.all([0, 1].map((first) => ask(first)(question)));
    expect(answers.map((said) => JSON.parse(said))).toEqual(['one', 'two'].map((name) => ({ name, ...question })));
  });

  it('is asked of the next where one is gone, garbled, or has no CometBFT that answers', async () => {
    const ask = await network({
      follower: () => {},
      garbled: (own) =>
        own.handle(protocol, async (stream) => {
          await stream.messages.next();
          await stream.send(new Uint8Array(9));
          stream.close();
        }),
      stopped: (own) => serveCometLight(own, () => Promise.reject(new Error('CometBFT does not answer')), runtime),
      honest: saying('honest'),
    });
    expect(JSON.parse(await ask(0, ['gone'])(question))).toMatchObject({ name: 'honest' });
  });

  it('is asked of the next where one keeps nothing of that height, or says what is no answer', async () => {
    const sayingThis = (text: string) => (own: Endpoint) => serveCometLight(own, async () => text, runtime);
    const error = { code: -32603, message: 'Internal error', data: 'height 123456 is not available' };
    const pruned = sayingThis(JSON.stringify({ error }));
    const ask = await network({
      pruned,
      nothing: sayingThis('null'),
      garbled: sayingThis('{'),
      honest: saying('honest'),
    });
    expect(JSON.parse(await ask(0)(question))).toMatchObject({ name: 'honest' });
    const all = await network({ pruned });
    expect(JSON.parse(await all(0)(question))).toEqual({ error });
  });

  it('is asked of two others each time that CometBFT begins again: who spoiled it once does not for ever', async () => {
    const ask = await network({ one: saying('one'), two: saying('two'), three: saying('three') });
    const pairs = await Promise.all(
      [0, 1, 2].map((attempt) =>
        Promise.all([0, 1].map(async (first) => JSON.parse(await ask(first)(question, attempt)).name)),
      ),
    );
    expect(pairs).toEqual([
      ['one', 'two'],
      ['two', 'three'],
      ['three', 'one'],
    ]);
  });

  it('has no answer where no peer has one, and says so', async () => {
    const ask = await network({ follower: () => {} });
    await expect(ask(0)(question)).rejects.toThrow('none of 1 peers says what their CometBFT has of height 123456');
  });
});
