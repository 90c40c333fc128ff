import { describe, expect, it } from 'vitest';
import { Ledger } from '../block/ledger.ts';
import { World, type WorldOptions } from '../testing/world.fixture.ts';

/** Four seats: a round is eight blocks, an epoch has eight of them. */
const params = { epochBlocks: 64 };
const newWorld = (more: WorldOptions['params'] = {}) => new World({ params: { ...params, ...more } });

/** Goes through an epoch in which each mixer issues a batch in those of its turns that `issues` says. */
function epoch(world: World, issues: (mixer: number, turn: number) => boolean) {
  const { epoch: before } = world.state.globals;
  let turn = 0;
  while (world.state.globals.epoch === before) {
    const mixer = world.height % 4;
    world.block(...(issues(mixer, turn >> 2) ? [world.batchTx({ mixer })] : []));
    turn++;
  }
  return world.events.flatMap((event) => (event.type === 'turnsMissed' ? [[event.mixer, event.rounds]] : []));
}
const strikes = (world: World) => Array.from(world.state.mixers, (mixer) => mixer.strikes);
const paid = (world: World) =>
  world.events.flatMap((event) => {
    if (event.type !== 'epochClosed') return [];
    return event.close.payouts.filter(({ kind, source }) => kind === 'mixer' && source === 'emission');
  });

describe('a reveal withheld (§9.4)', () => {
  it('costs its mixer a strike and what the epoch would have paid it', () => {
    const world = newWorld();
    const missed = epoch(world, (mixer, turn) => mixer !== 3 || turn < 5);
    expect(missed).toEqual([[3, 3]]);
    expect(strikes(world)).toEqual([0, 0, 0, 1]);
    expect(paid(world).map(({ role }) => role)).toEqual([0, 1, 2]);
    expect(epoch(world, () => true)).toEqual([[3, 3]]);
    expect(strikes(world)).toEqual([0, 0, 0, 1]);
    expect(paid(world).map(({ role }) => role)).toEqual([0, 1, 2, 0, 1, 2, 3]);
  });

  it('is not that of a mixer that turned it in half as many rounds as the median one', () => {
    const world = newWorld();
    expect(epoch(world, (mixer, turn) => mixer !== 3 || turn < 8)).toEqual([]);
    expect(strikes(world)).toEqual([0, 0, 0, 0]);
  });

  it('is nobody’s when the network stood still, or most of it', () => {
    const world = newWorld();
    expect(epoch(world, () => false)).toEqual([]);
    expect(epoch(world, (mixer) => mixer < 2)).toEqual([]);
    expect(epoch(world, (_, turn) => turn < 1)).toEqual([]);
    expect(strikes(world)).toEqual([0, 0, 0, 0]);
  });

  it('is not made up for by many batches at once, nor shown up by those of a busy mixer', () => {
    const world = newWorld();
    const { epoch: before } = world.state.globals;
    while (world.state.globals.epoch === before) {
      const mixer = world.height % 4;
      const isSilent = mixer === 3 && world.height > 16;
      const { nextSequence } = world.state.mixers.at(mixer);
      const busy = mixer === 2 ? 1 : 9;
      const batches = Array.from({ length: isSilent ? 0 : busy }, (_, i) =>
        world.batchTx({ mixer, sequence: nextSequence + i }),
      );
      world.block(...batches);
    }
    expect(strikes(world)).toEqual([0, 0, 0, 1]);
  });

  it('takes only the epoch’s duties where a reward period is longer', () => {
    const rewards = { ...newWorld().state.params.rewards, period: 1, dayMs: 80_000 };
    const world = newWorld({ rewards });
    const { period } = world.state.globals;
    while (world.state.globals.period === period) epoch(world, () => true);
    epoch(world, () => true);
    const before = world.state.mixers.at(3).epochDuties;
    expect(before).toBeGreaterThan(0);
    epoch(world, (mixer) => mixer !== 3);
    expect(world.state.mixers.at(3)).toMatchObject({ strikes: 1, epochDuties: before, dutiesBefore: before });
  });

  it('is counted alike by a node that begins with a snapshot in the middle of the epoch', () => {
    const [whole, restarted] = [newWorld(), newWorld()];
    for (const world of [whole, restarted]) {
      for (let turn = 0; turn < 30; turn++) world.block(world.batchTx({ mixer: world.height % 3 }));
      if (world === restarted) world.ledger = Ledger.fromSnapshot(world.ledger.snapshot());
      world.finishEpoch();
    }
    expect(strikes(whole)).toEqual([0, 0, 0, 1]);
    expect(restarted.ledger.stateRoot()).toEqual(whole.ledger.stateRoot());
  });
});
