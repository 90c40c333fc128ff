import { describe, expect, it } from 'vitest';
import { emitted, near, UNIT, Village } from './village.fixture.ts';

describe('preset assay', () => {
  const made = new Village('assay');
  made.settle(4);
  made.work([0, 1, 2, 3].map((miner) => ({ miner })));
  const first = made.finishPeriod();
  const second = made.finishPeriod();

  it('mints the day’s amount pro rata of block time, 60/20/10/5/5', () => {
    // 15 blocks of 500 ms, then 16: of 410,900 units and 86,400 s.
    const day = (seconds: bigint) => (410_900n * UNIT * seconds) / 86_400n;
    expect(first.mintedUnits).toBe((410_900n * UNIT * 7500n) / 86_400_000n);
    const parts = ['miners', 'security', 'creators', 'gateways', 'treasury'].map((stack) => emitted(first, stack));
    const expected = [6000n, 2000n, 1000n, 500n, 500n].map((bps) => (first.mintedUnits * bps) / 10_000n);
    expect(parts.map((part, i) => near(part, expected[i] ?? 0n))).toEqual([true, true, true, true, true]);
    // In the second epoch nobody worked: only the treasury gets its part.
    expect(near(second.mintedUnits, day(8n) / 20n)).toBe(true);
    expect(emitted(second, 'miners')).toBe(0n);
  });

  it('pays equal miners equally, to one base unit', () => {
    const parts = [0, 1, 2, 3].map((miner) => emitted(first, 'miners', miner));
    const [least = 0n] = parts.toSorted((a, b) => (a < b ? -1 : 1));
    expect(parts.every((part) => part - least <= 1n)).toBe(true);
    expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(emitted(first, 'miners'));
  });
});
