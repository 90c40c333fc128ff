import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { genesisHash } from '@assay/ledger';
import { ChainServer, FollowEngine } from '@assay/node/consensus/follow/index';
import { useNativeHasher } from '@assay/node/crypto/hasher';
import { Ed25519Signer } from '@assay/node/crypto/signers';
import { MemoryNetwork } from '@assay/node/network/memory';
import { realRuntime } from '@assay/node/runtime/real';
import { openStore } from '@assay/node/store/store';
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

/** A store on the disk follows the chain from its genesis, over a network in memory. */
async function follow(world: World, verifyAll: boolean): Promise<Row> {
  const { genesis } = world;
  const { height } = world.store;
  const runtime = realRuntime(() => {});
  const network = new MemoryNetwork(runtime);
  const [full, own] = [await network.join(peer(1)), await network.join(peer(2))];
  new ChainServer({ endpoint: full, chain: world.chain, store: world.store, runtime });
  const dir = mkdtempSync(join(tmpdir(), 'assay-bench-follow-'));
  const store = await openStore({ dir, genesisHash: genesisHash(genesis) });
  const failure = Promise.withResolvers<never>();
  const parts = { store, genesis, runtime, endpoint: own, peers: () => [full.id], onFatal: failure.reject, verifyAll };
  const engine = await FollowEngine.open(parts);
  const done = Promise.withResolvers<void>();
  engine.chain.onBlock(({ block }) => block.header.height === height && done.resolve());
  const before = process.cpuUsage();
  const seconds = await secondsOf(async () => {
    engine.start();
    await Promise.race([done.promise, failure.promise]);
  });
  const { user, system } = process.cpuUsage(before);
  await engine.stop();
  await store.close();
  rmSync(dir, { recursive: true });
  const realSeconds = (height * genesis.params.blockTimeMs) / 1000;
  const cpuMs = (user + system) / 1000 / height;
  return {
    who: verifyAll ? 'every signature checked again' : 'signatures trusted under the seal',
    value: realSeconds / seconds,
    note: `${height} blocks, ${Math.round(height / seconds)} a second; ${cpuMs.toFixed(2)} ms of CPU each, all told`,
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
    return [await follow(world, false), await follow(world, true)];
  },
};
