import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { genesisHash, headerRoot } from '@assay/ledger';
import { ChainServer, FollowEngine, type FollowOptions } from '@assay/node/consensus/follow/index';
import { useNativeHasher } from '@assay/node/crypto/hasher';
import { Ed25519Signer } from '@assay/node/crypto/signers';
import { MemoryNetwork } from '@assay/node/network/memory';
import { realRuntime } from '@assay/node/runtime/real';
import { openStore } from '@assay/node/store/store';
import { headerOf } from '@assay/protocol';
import { type Bench, type Row, secondsOf } from '../../../bench/bench.ts';
import { simulate } from './simulate.ts';
import type { World } from './world.ts';

const options = { seed: 7, miners: 10, minutes: Number(process.env.ASSAY_SIM_MINUTES ?? 4) };
const peer = (fill: number) => new Ed25519Signer(Buffer.alloc(32, fill));

/** A chain as a network leaves it: batches of every mixer, audits, epochs. */
async function recorded(): Promise<World> {
  const worlds: World[] = [];
  await simulate(options, (world) => worlds.push(world));
  const [world] = worlds;
  if (world === undefined) throw new Error('there was no world');
  return world;
}

interface Followed {
  readonly seconds: number;
  readonly cpuMs: number;
}

/** The newest block whose state the world has kept. */
function newestKept({ store }: World) {
  const height = store.snapshotHeights()[0];
  const bytes = height === undefined ? null : store.blockAt(height);
  if (height === undefined || bytes === null) throw new Error('the world kept no state');
  return { height, headerRoot: headerRoot(headerOf(bytes)) };
}

/** A store on the disk follows the chain, over a network in memory. */
async function follow(world: World, how: Pick<FollowOptions, 'verifyAll' | 'trusted'>): Promise<Followed> {
  const { genesis } = world;
  const { height } = world.store;
  const runtime = realRuntime(() => {});
  const network = new MemoryNetwork(runtime);
  const [full, own] = [await network.join(peer(1)), await network.join(peer(2))];
  new ChainServer({ endpoint: full, chain: world.chain, store: world.store, runtime });
  const dir = mkdtempSync(join(tmpdir(), 'assay-bench-follow-'));
  const store = await openStore({ dir, genesisHash: genesisHash(genesis) });
  const failure = Promise.withResolvers<never>();
  const parts = { store, genesis, runtime, endpoint: own, peers: () => [full.id], onFatal: failure.reject, ...how };
  const done = Promise.withResolvers<void>();
  const before = process.cpuUsage();
  let stop = async () => {};
  const seconds = await secondsOf(async () => {
    const engine = await FollowEngine.open(parts);
    stop = () => engine.stop();
    engine.chain.onBlock(({ block }) => block.header.height === height && done.resolve());
    if (engine.chain.head().globals.height === height) done.resolve();
    engine.start();
    await Promise.race([done.promise, failure.promise]);
  });
  const { user, system } = process.cpuUsage(before);
  await stop();
  await store.close();
  rmSync(dir, { recursive: true });
  return { seconds, cpuMs: (user + system) / 1000 };
}

async function catchingUp(world: World, verifyAll: boolean): Promise<Row> {
  const { height } = world.store;
  const { seconds, cpuMs } = await follow(world, { verifyAll });
  const perBlockMs = (cpuMs / height).toFixed(2);
  return {
    who: verifyAll ? 'every signature checked again' : 'signatures trusted under the seal',
    value: (height * world.genesis.params.blockTimeMs) / 1000 / seconds,
    note: `${height} blocks, ${Math.round(height / seconds)} a second; ${perBlockMs} ms of CPU each, all told`,
  };
}

async function beginning(world: World): Promise<Row> {
  const trusted = newestKept(world);
  const { height } = world.store;
  const { seconds } = await follow(world, { trusted });
  const bytes = world.store.snapshotAt(trusted.height)?.length ?? 0;
  const kept = `state of height ${trusted.height} (${(bytes / 1e6).toFixed(1)} MB)`;
  return {
    who: 'from the newest snapshot',
    value: (height * world.genesis.params.blockTimeMs) / 1000 / seconds,
    note: `${Math.round(1000 * seconds)} ms for the ${kept} and ${height - trusted.height} blocks`,
  };
}

export const bench: Bench = {
  id: 17,
  title: `Catching up over a network in memory with a chain of ${options.miners} miners and ${options.minutes} minutes`,
  unit: '× real time',
  target: '50 × real time',
  compared: true,
  async run(say) {
    useNativeHasher();
    say('the world runs');
    const world = await recorded();
    say('following');
    return [await catchingUp(world, false), await catchingUp(world, true), await beginning(world)];
  },
};
