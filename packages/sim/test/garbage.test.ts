import { FollowEngine } from '@assay/node/consensus/follow/index';
import { headTopic } from '@assay/node/consensus/follow/wire';
import { names } from '@assay/node/devnet/genesis';
import { peerSigner } from '@assay/node/network/peer.fixture';
import { topics } from '@assay/roles/context';
import { type Endpoint, type Network, NoMessage } from '@assay/roles/ports/network';
import { expect, it } from 'vitest';
import { Machine } from '../src/machine.ts';
import { MemoryStore } from '../src/memory-store.ts';
import type { World } from '../src/world.ts';
import { startWorld } from './start.fixture.ts';

type Handler = Parameters<Endpoint['subscribe']>[1];

/** The network of a world, and all that is subscribed to over it. */
function subscribed(world: World) {
  const heard: [topic: string, handler: Handler][] = [];
  const network: Network = {
    join: async (signer) => {
      const endpoint = await world.network.join(signer);
      const subscribe: Endpoint['subscribe'] = (topic, handler) => {
        heard.push([topic, handler]);
        endpoint.subscribe(topic, handler);
      };
      return { ...endpoint, subscribe };
    },
  };
  return { network, heard };
}

it('bytes of no message of a topic are a fault of their author to all who subscribe (§5.28)', async () => {
  const world = await startWorld({ miners: 1 });
  const { network, heard } = subscribed(world);
  const { runtime, store, chain, genesis, verifier, fail } = world;
  for (const role of [names.mixer(1), names.oracle(0)]) {
    await world.built.roles.set(role, false);
    await world.build(new Machine({ runtime, network, store }).with(chain)).roles.set(role, true);
  }
  const endpoint = await network.join(peerSigner('a follower'));
  const empty = new MemoryStore(`${store.dir}/follower`, (ms) => runtime.sleep(ms));
  const peers = () => [];
  await FollowEngine.open({ store: empty, genesis, endpoint, peers, runtime, verifier, onFatal: fail });
  expect(heard.map(([topic]) => topic).sort()).toEqual([headTopic, topics.presence, topics.tasks, topics.tasks]);
  for (const [, handler] of heard) {
    expect(() => handler(Uint8Array.of(1, 2, 3), world.mixerPeer(0))).toThrow(NoMessage);
  }
});
