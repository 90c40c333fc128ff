import { challengeSigningRoot, measuringOf } from '@assay/ledger';
import { World } from '@assay/ledger/fixture';
import { describe, expect, it } from 'vitest';
import { type Agenda, type Duty, noAgenda, type Planner, plan } from './duties.ts';

const epochBlocks = 64;
const challenges = { lambdaMilli: 5000, alpha: 3, bandwidthCap: 1n };
const mixers = [0, 1, 2];

/** A world with three mixers, each of which measures every link, and three miners at the beginning of epoch 1. */
function worldInEpoch(): World {
  const world = new World({ mixers: 3, params: { epochBlocks, challenges } }).populate();
  for (const name of ['minerB', 'minerC'] as const) world.send(name, 'registerMiner', world.registration());
  world.block(world.batchTx());
  world.finishEpoch();
  return world;
}

const plannerOf = (world: World, mixer: number, change: Partial<Planner> = {}): Planner => ({
  mixer,
  reveal: (epoch) => world.committee[mixer]?.sign(challengeSigningRoot(world.state.chain, epoch)) ?? new Uint8Array(),
  hasReported: () => false,
  ...change,
});

type Found = Duty & { readonly height: number };

/** What is due after each block, from now to the end of epoch `until`. */
function through(world: World, planner: Planner, until: number, from: Agenda = noAgenda): Found[] {
  const found: Found[] = [];
  let agenda = from;
  while (world.state.globals.epoch <= until) {
    const planned = plan(agenda, world.state, planner);
    agenda = planned.agenda;
    found.push(...planned.due.map((duty) => ({ ...duty, height: world.height + 1 })));
    world.block();
  }
  return found;
}

const of = (found: readonly Found[], what: Duty['what'], miner: number, epoch = 2) =>
  found.filter((duty) => duty.what === what && duty.miner === miner && duty.epoch === epoch);

describe('when a mixer measures §15.4', () => {
  it('each challenge has a time of its own, the link another, and the report comes after them all', () => {
    const times = new Set<number>();
    for (const mixer of mixers) {
      const world = worldInEpoch();
      const planner = plannerOf(world, mixer);
      const found = through(world, planner, 2);
      // Of the next epoch the mixer knows before it begins.
      expect(world.state.globals.epoch).toBe(3);
      for (const miner of [0, 1, 2]) {
        const owed = measuringOf(world.state, { mixer, reveal: planner.reveal(2) }, miner);
        const asked = of(found, 'challenge', miner);
        expect(asked).toHaveLength(owed.owed);
        const [link, ...others] = of(found, 'link', miner);
        expect(others).toEqual([]);
        for (const { height } of asked) {
          times.add(height);
          expect(Math.abs((link?.height ?? 0) - height)).toBeGreaterThanOrEqual(6);
          expect(height).toBeGreaterThanOrEqual(2 * epochBlocks - 16);
          expect(height).toBeLessThan(3 * epochBlocks - 16);
        }
        const [report] = of(found, 'report', miner);
        expect(report?.height).toBeGreaterThanOrEqual(3 * epochBlocks - 16);
        expect(report?.height).toBeLessThan(3 * epochBlocks - 8);
      }
    }
    // Neither all at once nor at some times only: 45 on average over 64 blocks, in every quarter.
    expect(times.size).toBeGreaterThan(20);
    const quarters = new Set([...times].map((height) => Math.floor((height % epochBlocks) / 16)));
    expect(quarters.size).toBe(4);
  });

  it('leaves out what was due before it was known: after a restart nothing comes all at once', () => {
    const world = worldInEpoch();
    const all = through(worldInEpoch(), plannerOf(world, 0), 1);
    for (let blocks = 0; blocks < 24; blocks++) world.block();
    const height = world.height + 1;
    const found = through(world, plannerOf(world, 0), 1);
    expect(found).toEqual(all.filter((duty) => duty.height >= height));
    expect(found.length).toBeLessThan(all.length);
  });

  it('is over once the report waits, or is on the chain', () => {
    const world = worldInEpoch();
    const own = world.report(0, { miner: 0 }).reveal;
    const waits = plannerOf(world, 0, { hasReported: ({ miner, reveal }) => miner === 0 && reveal === own });
    const { agenda } = plan(noAgenda, world.state, { ...waits, reveal: () => own });
    expect(new Set(agenda.duties.map(({ miner }) => miner))).toEqual(new Set([1, 2]));
    const report = world.report(0, { miner: 0, latencyMs: 5 });
    expect(world.codeOf(world.batchTx({ records: { reports: [report] } }))).toBe('OK');
    const found = through(world, plannerOf(world, 0), 2);
    expect(of(found, 'report', 0, 1)).toEqual([]);
    expect(of(found, 'report', 0, 2)).toHaveLength(1);
  });

  it('is never for the miners its own account operates, nor for one that takes no tasks', () => {
    const world = new World({ mixers: 3, params: { epochBlocks, challenges } }).populate();
    const registration = world.registration({ owner: world.address('mixer1') });
    expect(world.send('minerB', 'registerMiner', registration)).toBe('OK');
    const own = world.state.miners.length - 1;
    const paused = { kind: 'miner' as const, role: 0, status: 'paused' as const };
    expect(world.send('minerA', 'setRoleStatus', paused)).toBe('OK');
    const found = mixers.map((mixer) => {
      const { agenda, due } = plan(noAgenda, world.state, plannerOf(world, mixer));
      return [...new Set([...agenda.duties, ...due].map(({ miner }) => miner))];
    });
    expect(found).toEqual([[own], [], [own]]);
  });
});
