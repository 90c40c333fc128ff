import { expect, it } from 'vitest';
import { allMiners, keyNames, stayingLine } from './genesis.ts';

it('runs every miner that a network has, and more where more are asked for', () => {
  const keys = keyNames(5);
  expect([1, 3, 5, 7].map((asked) => allMiners(keys, asked))).toEqual([5, 5, 5, 7]);
  expect(stayingLine(5, 3)).toContain('--role 4 --status paused --from miner-5`');
});
