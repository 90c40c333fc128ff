import { type Endpoint, peerIdOf } from '@assay/roles/ports/network';
import { describe, expect, it } from 'vitest';
import { MemoryNetwork } from '../network/memory.ts';
import { peerSigner } from '../network/peer.fixture.ts';
import { realRuntime } from '../runtime/real.ts';
import { askCometPlaces, serveCometPlace } from './comet-places.ts';

const runtime = realRuntime(() => {});
const idOf = (name: string) => peerIdOf(peerSigner(name));
const nodeId = new Uint8Array(20).fill(0xab);
const hex = 'ab'.repeat(20);
const protocol = '/assay/comet/1';

/** Nodes that answer as they like, and one that asks. */
async function network(servers: Record<string, (endpoint: Endpoint) => void>): Promise<Endpoint> {
  const net = new MemoryNetwork(runtime);
  for (const [name, serve] of Object.entries(servers)) serve(await net.join(peerSigner(name)));
  return net.join(peerSigner('newcomer'));
}

describe('where the CometBFTs of peers are §20.7', () => {
  it('is said by each of itself, and looked for where that peer itself is', async () => {
    const endpoint = await network({
      one: (own) => serveCometPlace(own, { nodeId, port: 26_656 }),
      two: (own) => serveCometPlace(own, { nodeId, port: 4103 }),
      follower: () => {},
    });
    const found = await askCometPlaces({ endpoint, runtime }, [
      {
        peer: idOf('one'),
        addresses: ['/ip4/203.0.113.7/tcp/4020', '/ip4/203.0.113.7/tcp/4021', '/dns4/a.example/tcp/1'],
      },
      { peer: idOf('two'), addresses: ['/ip6/2001:db8::1/tcp/4020', '/dns4/a,b@c/tcp/1'] },
      { peer: idOf('follower'), addresses: ['/ip4/203.0.113.9/tcp/4020'] },
    ]);
    expect(found).toEqual([`${hex}@203.0.113.7:26656`, `${hex}@a.example:26656`, `${hex}@[2001:db8::1]:4103`]);
  });

  it('is not to be had from who lies, is silent or gone, and the others count', async () => {
    const answering = (bytes: Uint8Array) => (own: Endpoint) =>
      own.handle(protocol, async (stream) => {
        await stream.messages.next();
        await stream.send(bytes);
        stream.close();
      });
    const endpoint = await network({
      garbled: answering(new Uint8Array(21)),
      endless: answering(new Uint8Array(60_000)),
      nowhere: answering(new Uint8Array(22)),
      closing: (own) => own.handle(protocol, async (stream) => stream.close()),
      mute: (own) => own.handle(protocol, () => new Promise(() => {})),
      honest: (own) => serveCometPlace(own, { nodeId, port: 26_656 }),
    });
    const names = ['gone', 'garbled', 'endless', 'nowhere', 'closing', 'mute', 'honest'];
    const peers = names.map((name) => ({ peer: idOf(name), addresses: ['/ip4/203.0.113.7/tcp/1'] }));
    expect(await askCometPlaces({ endpoint, runtime }, peers)).toEqual([`${hex}@203.0.113.7:26656`]);
  });

  it('is told to one stream of a peer at a time', async () => {
    const endpoint = await network({ one: (own) => serveCometPlace(own, { nodeId, port: 1 }) });
    const streams = await Promise.all([0, 1].map(() => endpoint.open(idOf('one'), protocol)));
    for (const stream of streams) stream.send(new Uint8Array(1)).catch(() => {});
    const answers = await Promise.allSettled(streams.map((stream) => stream.messages.next()));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });
});
