import { expect, it } from 'vitest';
import { statesOf } from './task-states.ts';

const told = {
  receipt: { miner: 2, attempt: 1, drawHeight: 7 },
  row: { mixer: 3, height: 12 },
  late: [{ step: 'start' as const, attempt: 0, miner: 5, height: 10 }],
  payer: 'assay1payer',
  timeOf: (height: number) => height * 1000,
};

it('names every state in order, from the request on, with who and by which block (§5.1.4)', () => {
  const states = statesOf(told).map(({ state, by, attempt, height, timeMs, isLate }) =>
    [state, by, attempt, height, timeMs, isLate ? 'late' : ''].join(' '),
  );
  expect(states).toEqual([
    'request assay1payer 0 7 7000 ',
    'create mixer 3 0 7 7000 ',
    'prepare miner 5 0   ',
    'start miner 5 0 10 10000 late',
    'prepare miner 2 1   ',
    'start miner 2 1   ',
    'precommit miner 2 1   ',
    'commit miner 2 1   ',
    'end mixer 3 1 12 12000 ',
  ]);
});

it('knows no request of a task that no session asked for, and no time of a block that is not here', () => {
  const states = statesOf({ ...told, late: [], payer: null, timeOf: () => null });
  expect(states[0]).toEqual({ state: 'create', by: 'mixer 3', attempt: 0, height: 7, timeMs: null, isLate: false });
  expect(states).toHaveLength(6);
});
