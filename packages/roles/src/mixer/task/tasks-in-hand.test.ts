import { World } from '@assay/ledger/fixture';
import { describe, expect, it } from 'vitest';
import { TasksInHand } from './tasks-in-hand.ts';

describe('the tasks a mixer has in hand §5.25', () => {
  const { state } = new World().populate();
  const { concurrency } = state.miners.at(0);
  const seats = 4;
  const slots = Math.min(concurrency, Math.ceil(concurrency / seats) + 1);
  const updated = (world = { state }) => {
    const tasks = new TasksInHand();
    tasks.update(world.state);
    return tasks;
  };

  it('are as many as its miners do at once for one mixer, and leave room again with each that ends', () => {
    const tasks = updated();
    expect(tasks.slotsOf(0)).toBe(slots);
    for (let i = 0; i < slots; i++) {
      expect(tasks.hasRoom(0)).toBe(true);
      tasks.begin({ payer: 'a', model: 0 });
    }
    expect([tasks.hasRoom(0), tasks.inHandOf('a'), tasks.countOf(0)]).toEqual([false, slots, slots]);
    tasks.end({ payer: 'a', model: 0 }, 100);
    expect([tasks.hasRoom(0), tasks.inHandOf('a')]).toEqual([true, slots - 1]);
  });

  it('are those of miners of the model, and of no miner more than 64 slots, whatever it says', () => {
    const world = new World().populate();
    world.send('minerB', 'registerMiner', world.registration({ models: [1], concurrency: 65_535 }));
    const tasks = updated(world);
    expect(tasks.slotsOf(1)).toBe(64 / seats + 1);
    expect([tasks.slotsOf(7), tasks.hasRoom(7)]).toEqual([0, true]);
  });

  it('say how long a request will wait, by how long tasks took', () => {
    const tasks = updated();
    const before = tasks.waitMs(0, 5);
    expect(before).toBe(Math.ceil((6 * 2000) / slots));
    tasks.begin({ payer: 'a', model: 0 });
    tasks.end({ payer: 'a', model: 0 }, 12_000);
    expect(tasks.waitMs(0, 5)).toBe(2 * before);
  });
});
