import { describe, expect, it } from 'vitest';
import { blockTimeProblem, nextBlockMs } from './block-time.ts';

const blockTimeMs = 500;
const clock = { lastMs: 10_000, nowMs: 10_400, blockTimeMs };

describe('the time of a block (§2.10)', () => {
  it('is refused when it is not later than the last, or more than two seconds ahead of the clock', () => {
    expect(blockTimeProblem(10_000, clock)).toMatch(/not after 10000/);
    expect(blockTimeProblem(10_001, clock)).toBeNull();
    expect(blockTimeProblem(12_400, clock)).toBeNull();
    expect(blockTimeProblem(12_401, clock)).toMatch(/2001 ms ahead/);
    expect(blockTimeProblem(10_400 + 3_600_000, clock)).toMatch(/ahead/);
  });

  it('may be long after the last: a network that stood still goes on', () => {
    expect(blockTimeProblem(90_000_000, { ...clock, nowMs: 90_000_000 })).toBeNull();
  });

  it('rises by a block time where the clock was set back, and no faster', () => {
    const setBack = { ...clock, lastMs: 3_610_000 };
    expect(nextBlockMs(setBack)).toBe(3_610_001);
    expect(blockTimeProblem(3_610_500, setBack)).toBeNull();
    expect(blockTimeProblem(3_610_501, setBack)).toMatch(/ahead/);
  });

  it('that a node gives its own block is one that others take, whatever its clock does', () => {
    for (const nowMs of [0, 9999, 10_000, 10_001, 12_000, 99_000_000]) {
      expect(blockTimeProblem(nextBlockMs({ ...clock, nowMs }), { ...clock, nowMs })).toBeNull();
    }
  });
});
