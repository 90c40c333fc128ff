import { genesisHash } from '@assay/ledger';
import { Genesis } from '@assay/protocol';
import { type Endpoint, peerIdOf } from '@assay/roles/ports/network';
import { describe, expect, it } from 'vitest';
import { testChain } from '../consensus/chain.fixture.ts';
import { sendParcel } from '../consensus/follow/wire.ts';
import { MemoryNetwork } from '../network/memory.ts';
import { peerSigner } from '../network/peer.fixture.ts';
import { realRuntime } from '../runtime/real.ts';
import { fetchGenesis, genesisProtocol, serveGenesis } from './genesis-service.ts';

const runtime = realRuntime(() => {});
// More than one piece.
const { genesis } = testChain({ accounts: 4000 });
const other = testChain({ chainId: 'other' }).genesis;
const idOf = (name: string) => peerIdOf(peerSigner(name));

/** Nodes that answer as they like, and one that asks. */
async function network(servers: Record<string, (endpoint: Endpoint) => void>): Promise<Endpoint> {
  const net = new MemoryNetwork(runtime);
  for (const [name, serve] of Object.entries(servers)) serve(await net.join(peerSigner(name)));
  return net.join(peerSigner('newcomer'));
}

describe('the genesis of a network §20.2', () => {
  it('comes from the first peer that gives the one of the invitation', async () => {
    const endpoint = await network({
      silent: () => {},
      foreign: (own) => serveGenesis(own, other, runtime),
      garbled: (own) =>
        own.handle(genesisProtocol, async (stream) => {
          await sendParcel(runtime, stream, new Uint8Array(100).fill(255));
          stream.close();
        }),
      endless: (own) =>
        own.handle(genesisProtocol, async (stream) => {
          await stream.send(Uint8Array.of(0, 0, 0, 255, 0));
        }),
      honest: (own) => serveGenesis(own, genesis, runtime),
    });
    const peers = ['gone', 'silent', 'foreign', 'garbled', 'endless', 'honest'].map(idOf);
    const fetched = await fetchGenesis({ endpoint, runtime }, peers, genesisHash(genesis));
    expect(Genesis.serialize(fetched)).toEqual(Genesis.serialize(genesis));
  });

  it('says of each peer why it did not come', async () => {
    const endpoint = await network({ foreign: (own) => serveGenesis(own, other, runtime) });
    const asked = fetchGenesis({ endpoint, runtime }, [idOf('gone'), idOf('foreign')], genesisHash(genesis));
    await expect(asked).rejects.toMatchObject({
      code: 'NO_PEER',
      message: expect.stringContaining('it gave the genesis of another network'),
    });
  });

  it('is given to one stream of a peer at a time', async () => {
    const endpoint = await network({ honest: (own) => serveGenesis(own, genesis, runtime) });
    const streams = await Promise.all([0, 1].map(() => endpoint.open(idOf('honest'), genesisProtocol)));
    for (const stream of streams) await stream.send(new Uint8Array(1)).catch(() => {});
    const answers = await Promise.allSettled(streams.map((stream) => stream.messages.next()));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });
});
