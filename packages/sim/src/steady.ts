import { names } from '@assay/node/devnet/genesis';
import { toHex } from '@assay/ssz';
import { overTheWorld } from './links.ts';
import { type Load, LoadMeter } from './load.ts';
import type { Scale } from './scale.ts';
import { Users } from './users.ts';
import { World } from './world.ts';

export interface SteadyOptions {
  readonly seed: number;
  readonly miners: number;
  readonly mixers: number;
  readonly users: number;
  /** Simulated time before the measurement, and of it. */
  readonly warmUpMs: number;
  readonly measuredMs: number;
}

/** What a network without faults did in a time, and the numbers of it that its model takes. */
export interface Steady {
  readonly scale: Scale;
  readonly load: Load;
  readonly seconds: number;
  readonly certified: number;
  readonly refused: ReadonlyMap<string, number>;
  /** Real seconds for the measured ones. */
  readonly tookS: number;
}

/** Blocks of an epoch: as long as those of a published network, so that measuring miners is as rare as there. */
const epochBlocks = 1024;
/** Words of a mixer for a task whose deadline never moves: prepare, start, begun, commit, end. */
const steps = 5;

/** Runs a world without faults, with users at every mixer, and measures what it does when all has begun. */
export async function steady(options: SteadyOptions): Promise<Steady> {
  const { seed, miners, mixers, users: count, warmUpMs, measuredMs } = options;
  const world = await World.open({ seed, miners, mixers, params: { epochBlocks } });
  try {
    await world.start();
    const homes = Array.from({ length: mixers }, (_, homeMixer) => ({ homeMixer }));
    const apiKeys = await world.runtime.until(world.openSessions(names.payer, homes));
    const users = new Users({ world, apiKeys, count });
    await world.pass(warmUpMs);
    const meter = new LoadMeter(world);
    const certifiedMs = new Map<string, number>();
    const { chain, runtime } = world;
    chain.onBlock(({ result }) => {
      for (const event of result.events) {
        if (event.type === 'taskCertified') certifiedMs.set(`0x${toHex(event.taskId)}`, runtime.monotonicMs());
      }
    });
    const startedMs = performance.now();
    await world.pass(measuredMs);
    const waitsMs = [...certifiedMs].flatMap(([taskId, atMs]) => {
      const answeredMs = users.answeredMs.get(taskId);
      return answeredMs === undefined ? [] : [Math.max(0, atMs - answeredMs)];
    });
    const { params, oracles } = chain.head();
    const seconds = measuredMs / 1000;
    const scale: Scale = {
      mixers,
      oracles: oracles.length,
      tasksPerS: certifiedMs.size / seconds,
      params,
      announcementsPerTask: steps,
      gatherMs: 3 * (overTheWorld.mostMs + overTheWorld.jitterMs),
    };
    const tookS = (performance.now() - startedMs) / 1000;
    const { refused } = users;
    return { scale, load: meter.measured(waitsMs), seconds, certified: certifiedMs.size, refused, tookS };
  } finally {
    await world.stop();
  }
}
