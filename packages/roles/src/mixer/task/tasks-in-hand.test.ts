import { World } from '@assay/ledger/fixture';
import { describe, expect, it } from 'vitest';
import { TasksInHand } from './tasks-in-hand.ts';

describe('the tasks a mixer has in hand §5.25', () => {
  const { state } = new World().populate();
  const { concurrency } = state.miners.at(0);
  const seats = 4;
  const any = { model: 0, miners: [] };
  const none = { model: 7, miners: [] };
  const slots = Math.min(concurrency, Math.ceil(concurrency / seats) + 1);
  const updated = (world = { state }) => {
    const tasks = new TasksInHand();
    tasks.update(world.state);
    return tasks;
  };

  it('are as many as its miners do at once for one mixer, and leave room again with each that ends', () => {
    const tasks = updated();
    expect(tasks.slotsOf(any)).toBe(slots);
    for (let i = 0; i < slots; i++) {
      expect(tasks.hasRoom(any)).toBe(true);
      tasks.begin({ payer: 'a', ...any });
    }
    expect([tasks.hasRoom(any), tasks.inHandOf('a'), tasks.countOf(0)]).toEqual([false, slots, slots]);
    tasks.end({ payer: 'a', ...any }, 100);
    expect([tasks.hasRoom(any), tasks.inHandOf('a')]).toEqual([true, slots - 1]);
  });

  it('are those of miners of the model, and of no miner more than 64 slots, whatever it says', () => {
    const world = new World().populate();
    world.send('minerB', 'registerMiner', world.registration({ models: [1], concurrency: 65_535 }));
    const tasks = updated(world);
    expect(tasks.slotsOf({ model: 1, miners: [] })).toBe(64 / seats + 1);
    expect([tasks.slotsOf(none), tasks.hasRoom(none)]).toEqual([0, true]);
  });

  it('of a session that names its miners take the slots of these, and no others’', () => {
    const tasks = updated();
    const named = { payer: 'a', model: 0, miners: [0] };
    for (let i = 0; i < slots; i++) tasks.begin(named);
    expect([tasks.hasRoom(named), tasks.hasRoom(any), tasks.countOf(0)]).toEqual([false, true, slots]);
    tasks.end(named, null);
    expect(tasks.hasRoom(named)).toBe(true);
  });

  it('take those once, in whatever sets sessions name the same miners', () => {
    const world = new World().populate();
    world.send('minerB', 'registerMiner', world.registration());
    const tasks = updated(world);
    const sets = [[0, 1], [0], [1]].map((miners) => ({ payer: 'a', model: 0, miners }));
    let begun = 0;
    for (let room = sets; room.length > 0; room = sets.filter((set) => tasks.hasRoom(set))) {
      for (const set of room.filter((each) => tasks.hasRoom(each))) {
        tasks.begin(set);
        begun++;
      }
    }
    expect(begun).toBe(tasks.slotsOf({ model: 0, miners: [0, 1] }));
  });

  it('say how long a request will wait, by how long tasks took', () => {
    const tasks = updated();
    const before = tasks.waitMs(any, 5);
    expect(before).toBe(Math.ceil((6 * 2000) / slots));
    tasks.begin({ payer: 'a', ...any });
    tasks.end({ payer: 'a', ...any }, 12_000);
    expect(tasks.waitMs(any, 5)).toBe(2 * before);
  });
});
