import { World } from '@assay/ledger/fixture';
import { describe, expect, it } from 'vitest';
import { TasksInHand } from './tasks-in-hand.ts';

describe('the tasks a mixer has in hand §5.25', () => {
  const { state } = new World().populate();
  const slots = state.miners.at(0).concurrency;
  const most = 4 * slots;
  const full = () => {
    const tasks = new TasksInHand();
    tasks.update(state);
    for (let i = 0; i < most / 2; i++) {
      tasks.requireRoom({ session: 0, model: 0 });
      tasks.begin({ session: 0, model: 0 });
    }
    return tasks;
  };

  it('are four for each slot of the miners, and half of them of one session', () => {
    const tasks = full();
    expect(() => tasks.requireRoom({ session: 0, model: 0 })).toThrow(`The session has ${most / 2} tasks in hand`);
    for (let i = 0; i < most / 2; i++) {
      tasks.requireRoom({ session: 1, model: 0 });
      tasks.begin({ session: 1, model: 0 });
    }
    expect(() => tasks.requireRoom({ session: 2, model: 0 })).toThrow(`The miners of the model have ${slots} slots`);
  });

  it('leave room again with each that ends', () => {
    const tasks = full();
    tasks.end({ session: 0, model: 0 });
    expect(() => tasks.requireRoom({ session: 0, model: 0 })).not.toThrow();
  });

  it('are those of miners of the model, and of no miner more than 64 slots, whatever it says', () => {
    const world = new World().populate();
    world.send('minerB', 'registerMiner', world.registration({ models: [1], concurrency: 65_535 }));
    const tasks = new TasksInHand();
    tasks.update(world.state);
    for (let i = 0; i < most / 2; i++) tasks.begin({ session: 0, model: 0 });
    expect(() => tasks.requireRoom({ session: 0, model: 0 })).toThrow(`The session has ${most / 2} tasks in hand`);
    for (let i = 0; i < 128; i++) tasks.begin({ session: 1, model: 1 });
    expect(() => tasks.requireRoom({ session: 1, model: 1 })).toThrow('The session has 128 tasks in hand');
  });
});
