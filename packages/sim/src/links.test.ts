import { peerSigner } from '@assay/node/network/peer.fixture';
import { peerIdOf, StreamLost } from '@assay/roles/ports/network';
import { SimulatedRuntime } from '@assay/roles/simulated/runtime';
import { describe, expect, it } from 'vitest';
import { Links } from './links.ts';

const signers = { a: peerSigner('a'), b: peerSigner('b'), c: peerSigner('c') };
const ids = { a: peerIdOf(signers.a), b: peerIdOf(signers.b), c: peerIdOf(signers.c) };
const nameOf = (id: string) => Object.entries(ids).find(([, each]) => each === id)?.[0];

async function threePeers(seed = 1) {
  const runtime = new SimulatedRuntime({ seed });
  const links = new Links(runtime);
  const [a, b, c] = [await links.join(signers.a), await links.join(signers.b), await links.join(signers.c)];
  const heard: string[] = [];
  for (const peer of [b, c]) {
    peer.subscribe('news', ([byte], from) =>
      heard.push(`${nameOf(peer.id)} ${byte} from ${nameOf(from)} at ${runtime.monotonicMs()}`),
    );
  }
  b.handle('echo', async (stream) => {
    for (let next = await stream.messages.next(); next.done !== true; next = await stream.messages.next()) {
      await stream.send(next.value);
    }
    stream.close();
  });
  return { runtime, links, a, heard };
}

/** What comes back of three messages, with the times. */
async function echoes({ runtime, a }: Awaited<ReturnType<typeof threePeers>>): Promise<string[]> {
  const stream = await a.open(ids.b, 'echo');
  for (const byte of [1, 2, 3]) await stream.send(Uint8Array.of(byte));
  stream.close();
  const got: string[] = [];
  for (let next = await stream.messages.next(); next.done !== true; next = await stream.messages.next()) {
    got.push(`${next.value[0]} at ${runtime.monotonicMs()}`);
  }
  return got;
}

describe('links', () => {
  it('bring messages late and in order, as late again from the same seed', async () => {
    const world = await threePeers();
    const got = await world.runtime.until(echoes(world));
    expect(got.map((line) => line[0])).toEqual(['1', '2', '3']);
    expect(got[0]).not.toBe('1 at 0');
    const again = await threePeers();
    expect(await again.runtime.until(echoes(again))).toEqual(got);
    const other = await threePeers(2);
    expect(await other.runtime.until(echoes(other))).not.toEqual(got);
  });

  it('bring nothing to a peer that is cut off, break its streams, and go on when it is back', async () => {
    const { runtime, links, a, heard } = await threePeers();
    const stream = await runtime.until(a.open(ids.b, 'echo'));
    links.cutOff(ids.b);
    await expect(runtime.until(stream.messages.next())).rejects.toThrow(StreamLost);
    a.publish('news', Uint8Array.of(1));
    await expect(runtime.until(a.open(ids.b, 'echo'))).rejects.toThrow(StreamLost);
    await runtime.pass(1000);
    links.heal(ids.b);
    a.publish('news', Uint8Array.of(2));
    await runtime.pass(1000);
    expect(heard.map((line) => line.slice(0, 3)).sort()).toEqual(['b 2', 'c 1', 'c 2']);
    expect(await runtime.until(echoes({ runtime, links, a, heard }))).toHaveLength(3);
  });

  it('count what is sent by protocol and topic, once for each that gets it', async () => {
    const world = await threePeers();
    const { runtime, links, a } = world;
    a.publish('news', Uint8Array.of(1, 2));
    const before = links.traffic.all;
    a.publish('news', Uint8Array.of(1, 2, 3));
    await runtime.until(echoes(world));
    expect([...links.traffic.since(before)]).toEqual([
      ['echo', { messages: 6, bytes: 6 }],
      ['news', { messages: 2, bytes: 6 }],
    ]);
    links.cutOff(ids.b);
    a.publish('news', Uint8Array.of(1));
    expect(links.traffic.all.get('news')).toEqual({ messages: 5, bytes: 11 });
  });

  it('lose the streams of two peers when those break', async () => {
    const { runtime, links, a } = await threePeers();
    const stream = await runtime.until(a.open(ids.b, 'echo'));
    links.breakStreams(ids.a, ids.c);
    await stream.send(Uint8Array.of(1));
    expect((await runtime.until(stream.messages.next())).value).toEqual(Uint8Array.of(1));
    links.breakStreams(ids.b, ids.a);
    await expect(runtime.until(stream.messages.next())).rejects.toThrow(StreamLost);
  });
});
