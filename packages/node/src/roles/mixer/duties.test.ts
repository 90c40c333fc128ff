import { measurersOf } from '@assay/ledger';
import { World } from '@assay/ledger/fixture';
import { roleStatuses, stakeKinds } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { type Agenda, type Duty, noAgenda, type Planner, plan } from './duties.ts';

const epochBlocks = 32;

/** A world with five mixers and three miners at the beginning of epoch 1. */
function worldInEpoch(): World {
  const world = new World({ mixers: 5, params: { epochBlocks } }).populate();
  for (const name of ['minerB', 'minerC'] as const) world.send(name, 'registerMiner', world.registration());
  world.block(world.batchTx());
  world.finishEpoch();
  return world;
}

const plannerOf = (world: World, mixer: number, change: Partial<Planner> = {}): Planner => ({
  mixer,
  reveal: ({ miner }) => world.report(mixer, { miner }).reveal,
  hasReported: () => false,
  isIdle: () => true,
  ...change,
});

/** What is due after each block to the end of the epoch. */
function through(world: World, planner: Planner, from: Agenda = noAgenda): { place: number; duty: Duty }[] {
  const found: { place: number; duty: Duty }[] = [];
  let agenda = from;
  const { epoch } = world.state.globals;
  for (let place = 0; world.state.globals.epoch === epoch; place++) {
    const planned = plan(agenda, world.state, planner);
    agenda = planned.agenda;
    found.push(...planned.due.map((duty) => ({ place, duty })));
    world.block();
  }
  return found;
}

const mixers = [0, 1, 2, 3, 4];
const minersOf = (found: readonly { duty: Duty }[]) => found.map(({ duty }) => duty.miner).toSorted();

describe('when a mixer measures §15.4', () => {
  it('is once for each miner it was drawn for, at a time that its own signature decides', () => {
    const times = new Set<number>();
    for (const mixer of mixers) {
      const world = worldInEpoch();
      const drawn = [...world.state.miners].flatMap((_, miner) =>
        measurersOf(world.state, miner).some((seat) => seat.mixer === mixer) ? [miner] : [],
      );
      const found = through(world, plannerOf(world, mixer));
      expect(minersOf(found)).toEqual(drawn);
      for (const { place } of found) {
        expect(place).toBeLessThan((epochBlocks * 3) / 4);
        times.add(place);
      }
    }
    expect(times.size).toBeGreaterThan(3);
  });

  it('waits while a task is at the miner, and is not in an epoch in which one always is', () => {
    const world = worldInEpoch();
    const [seat] = measurersOf(world.state, 0);
    const start = world.height;
    const mixer = seat?.mixer ?? 0;
    const idleAt = start + 26;
    const late = through(world, plannerOf(world, mixer, { isIdle: (miner) => miner !== 0 || world.height >= idleAt }));
    expect(late.find(({ duty }) => duty.miner === 0)?.place).toBe(26);
    const again = worldInEpoch();
    const found = through(again, plannerOf(again, mixer, { isIdle: (miner) => miner !== 0 }));
    expect(minersOf(found)).not.toContain(0);
    expect(minersOf(late)).toEqual([0, ...minersOf(found)]);
  });

  it('is once over a restart: not while the report waits, nor once it is on the chain', () => {
    const world = worldInEpoch();
    const mixer = measurersOf(world.state, 0)[0]?.mixer ?? 0;
    const own = world.report(mixer, { miner: 0 }).reveal;
    const waits = plannerOf(world, mixer, { hasReported: ({ miner, reveal }) => miner === 0 && reveal === own });
    const agenda = plan(noAgenda, world.state, { ...waits, reveal: () => own }).agenda;
    expect(agenda.duties.map(({ miner }) => miner)).not.toContain(0);
    const report = world.report(mixer, { miner: 0, latencyMs: 5 });
    world.block(world.batchTx({ mixer, records: { reports: [report] } }));
    expect(minersOf(through(world, plannerOf(world, mixer)))).not.toContain(0);
    // In the next epoch another report is due, if it is drawn again.
    const isDrawn = measurersOf(world.state, 0).some((seat) => seat.mixer === mixer);
    expect(minersOf(through(world, plannerOf(world, mixer))).includes(0)).toBe(isDrawn);
  });

  it('is never for the miners its own account operates, nor for one that takes no tasks', () => {
    const world = new World({ mixers: 3, params: { epochBlocks } }).populate();
    const registration = world.registration({ owner: world.address('mixer1') });
    expect(world.send('minerB', 'registerMiner', registration)).toBe('OK');
    const own = world.state.miners.length - 1;
    const paused = { kind: stakeKinds.miner, role: 0, status: roleStatuses.paused };
    expect(world.send('minerA', 'setRoleStatus', paused)).toBe('OK');
    const found = [0, 1, 2].map((mixer) => {
      const { agenda, due } = plan(noAgenda, world.state, plannerOf(world, mixer));
      return [...agenda.duties, ...due].map(({ miner }) => miner);
    });
    expect(found).toEqual([[own], [], [own]]);
  });
});
