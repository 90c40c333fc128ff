import { describe, expect, it } from 'vitest';
import { MinerTurns } from './miner-turns.ts';

const draw = [7, 8, 9];

describe('which of the first two of a draw is asked first §5.12', () => {
  it('is the first, unless it has more tasks in hand than the second', () => {
    const turns = new MinerTurns(10);
    expect(turns.order(draw, 0)).toEqual([0, 1, 2]);
    const task = { miner: 7 };
    turns.begin('a', task);
    expect(turns.order(draw, 0)).toEqual([1, 0, 2]);
    turns.begin('b', { miner: 8 });
    expect(turns.order(draw, 0)).toEqual([0, 1, 2]);
    // It went on to another miner.
    task.miner = 8;
    expect(turns.order([8, 7], 0)).toEqual([1, 0]);
    turns.end('a');
    turns.end('b');
    expect(turns.order([8, 7], 0)).toEqual([0, 1]);
  });

  it('is the second for half a minute after the first broke off', () => {
    const turns = new MinerTurns(10);
    turns.avoid(7, 1000);
    expect(turns.order(draw, 30_999)).toEqual([1, 0, 2]);
    expect(turns.order(draw, 31_000)).toEqual([0, 1, 2]);
    expect(turns.order([7], 1000)).toEqual([0]);
  });
});
