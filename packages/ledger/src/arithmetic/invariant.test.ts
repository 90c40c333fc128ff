import { describe, expect, it } from 'vitest';
import { invariant, itemAt } from './invariant.ts';

describe('what the ledger relies on', () => {
  it('ends the block with its sentence where it does not hold', () => {
    expect(() => invariant(true, 'never said')).not.toThrow();
    expect(() => invariant(false, 'a task is of no miner')).toThrow(new RangeError('a task is of no miner'));
  });

  it('is that a list has the indexes it is asked for', () => {
    expect(itemAt([0n, 7n], 0)).toBe(0n);
    expect(() => itemAt([0n, 7n], 2)).toThrow(new RangeError('there is no item 2 of 2'));
    expect(() => itemAt([0n, 7n], -1)).toThrow(RangeError);
  });
});
