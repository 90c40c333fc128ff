import { committee, names } from '@assay/node/devnet/genesis';
import { peerSigner } from '@assay/node/network/peer.fixture';
import { SignedPresence } from '@assay/protocol';
import { topics } from '@assay/roles/context';
import type { Gateway } from '@assay/roles/gateway/index';
import { afterEach, describe, expect, it } from 'vitest';
import { Apart } from '../src/apart.ts';
import { nextDoor } from '../src/links.ts';
import { SimulatedModel } from '../src/simulated-model.ts';
import { World } from '../src/world.ts';

let ending: (() => Promise<void>) | null = null;
afterEach(async () => {
  await ending?.();
  ending = null;
});

/** Every role on a machine of its own, beside full nodes that run none. */
async function startApart(miners: number, seed = 1) {
  const world = await World.open({
    seed,
    miners,
    ways: nextDoor,
    plantsOneIn: 0,
    modelOf: () => new SimulatedModel('registered'),
    params: { blockTimeMs: 200, batchMs: 40 },
  });
  const apart = await Apart.open(world);
  await world.start((role) => apart.begin(role));
  world.live();
  ending = async () => {
    await apart.endAll();
    await world.end();
  };
  await world.blocks(3);
  const gateway = (): Gateway => {
    const { built } = apart.of(names.gateway);
    if (built.gateway === null) throw new Error('there is no gateway');
    return built.gateway;
  };
  return { world, apart, ask: (seed: number) => world.ask({ seed }, world.apiKey, gateway()) };
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const rolesWith = (miners: number) => [
  names.gateway,
  ...range(miners).map(names.miner),
  ...range(committee.mixers).map(names.mixer),
  ...range(committee.oracles).map(names.oracle),
  ...range(committee.validators).map(names.validator),
];

describe('roles on machines of their own', () => {
  it('serve, certify, audit and are paid, each with the chain of its own follower', async () => {
    const { world, apart, ask } = await startApart(2);
    const tasks: string[] = [];
    for (let seed = 0; seed < 5; seed++) tasks.push((await ask(seed)).taskId);
    await world.until(() => tasks.every((taskId) => world.task(taskId)?.row.status === 'approved'));
    await world.until(() => tasks.every((taskId) => (world.task(taskId)?.paidEpoch ?? null) !== null));
    const roles = rolesWith(2);
    const { height } = world.chain.head().globals;
    await world.blocks(2);
    for (const role of roles) {
      const { store, engine } = apart.of(role);
      expect(store.height, role).toBeGreaterThanOrEqual(height);
      expect(store.blockAt(height), role).toEqual(world.store.blockAt(height));
      expect(
        engine.status().peers.map(({ faults }) => faults),
        role,
      ).toEqual([0, 0, 0]);
    }
    // Nobody missed a duty for the way that the chain and transactions take.
    expect([...world.chain.head().validators].map(({ strikes }) => strikes)).toEqual([0, 0, 0]);
  }, 60_000);

  it('go on when a full node is gone, and after a restart with what they had stored', async () => {
    const { world, apart, ask } = await startApart(2);
    world.network.cutOff(apart.fullNodes[0] ?? '');
    const first = (await ask(1)).taskId;
    for (const role of [names.validator(0), names.mixer(1), names.gateway]) {
      await apart.end(role);
      await world.blocks(8);
      await apart.begin(role);
    }
    const second = (await ask(2)).taskId;
    await world.until(() => [first, second].every((taskId) => world.isDecided(taskId)));
    expect([first, second].map((taskId) => world.task(taskId)?.audit?.verdict)).toEqual(['pass', 'pass']);
  }, 60_000);

  it('take no task while they know an old chain: another mixer does, and it is certified (§5.21)', async () => {
    const { world, apart, ask } = await startApart(1);
    const { peer } = apart.of(names.mixer(0));
    world.network.cutOff(peer);
    await world.blocks(30);
    const { taskId } = await ask(1);
    world.network.heal(peer);
    await world.until(() => world.task(taskId) !== null);
    expect(world.task(taskId)?.row.mixer).not.toBe(0);
    expect(world.trace.said.filter((line) => line.includes('discarded'))).toEqual([]);
  }, 60_000);

  it('say nothing of a chain that they catch up with (§14.2)', async () => {
    const { world, apart } = await startApart(1);
    const { peer, engine } = apart.of(names.mixer(0));
    const listener = await world.network.join(peerSigner('listener'));
    const said: number[] = [];
    listener.subscribe(topics.presence, (message) => {
      const { presence } = SignedPresence.deserialize(message);
      if (presence.mixer === 0) said.push(presence.height);
    });
    world.network.cutOff(peer);
    await world.blocks(60);
    const { height } = world.chain.head().globals;
    world.network.heal(peer);
    said.length = 0;
    await world.until(() => engine.chain.head().globals.height > height + 3);
    expect(Math.min(...said)).toBeGreaterThanOrEqual(height - 4);
  }, 60_000);

  it('do the same again from the same seed, to the bit', async () => {
    const hashes: string[] = [];
    for (let run = 0; run < 2; run++) {
      const { world, ask } = await startApart(1, 7);
      await ask(1);
      await world.blocks(10);
      hashes.push(world.trace.hash);
      await ending?.();
      ending = null;
    }
    expect(hashes[0]).toBe(hashes[1]);
  }, 60_000);
});
