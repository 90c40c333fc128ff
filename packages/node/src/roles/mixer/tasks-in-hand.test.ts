import { World } from '@assay/ledger/fixture';
import { describe, expect, it } from 'vitest';
import { TasksInHand } from './tasks-in-hand.ts';

describe('the tasks a mixer has in hand §5.25', () => {
  const { state } = new World().populate();
  const places = state.miners.at(0).concurrency;
  const most = 4 * places;
  const full = () => {
    const tasks = new TasksInHand();
    tasks.update(state);
    for (let i = 0; i < most / 2; i++) {
      tasks.requireRoom(0);
      tasks.begin(0);
    }
    return tasks;
  };

  it('are four for each place of the miners, and half of them of one session', () => {
    const tasks = full();
    expect(() => tasks.requireRoom(0)).toThrow(`The session has ${most / 2} tasks in hand`);
    for (let i = 0; i < most / 2; i++) {
      tasks.requireRoom(1);
      tasks.begin(1);
    }
    expect(() => tasks.requireRoom(2)).toThrow(`The miners have ${places} places`);
  });

  it('leave room again with each that ends', () => {
    const tasks = full();
    tasks.end(0);
    expect(() => tasks.requireRoom(0)).not.toThrow();
  });
});
