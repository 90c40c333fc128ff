import { disputed } from '@assay/ledger/fixture/challenges';
import type { EpochClose } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { emitted, near, UNIT, Village } from './village.fixture.ts';

describe('preset assay', () => {
  const made = new Village('assay');
  made.settle(4);
  made.measure({ hashRate: 5n, bandwidth: 7n, latencyMs: 100 });
  made.work([0, 1, 2, 3].map((miner) => ({ miner })));
  const first = made.finishPeriod();
  made.measure({ hashRate: 5n });
  const second = made.finishPeriod();

  it('mints the day’s amount pro rata of block time, 60/20/5, and for creators and gateways what work burned', () => {
    // 15 blocks of 500 ms, then 16: of 410,900 units and 86,400 s.
    const day = (ms: bigint) => (410_900n * UNIT * ms) / 86_400_000n;
    const partsOf = (close: EpochClose, scheduled: bigint) => {
      const miners = emitted(close, 'miners') + emitted(close, 'capacity');
      const parts = [miners, emitted(close, 'security'), emitted(close, 'treasury')];
      const expected = [6000n, 2000n, 500n].map((bps) => (scheduled * bps) / 10_000n);
      return parts.map((part, i) => near(part, expected[i] ?? 0n));
    };
    expect(partsOf(first, day(7500n))).toEqual([true, true, true]);
    // Four tasks of 100 base units, 5 % of it burned: of 18 that may be minted 10.8, 1.8 and 0.9.
    expect(first.emission?.limitUnits).toBe(18n);
    expect(['miners', 'creators', 'gateways'].map((stack) => emitted(first, stack))).toEqual([8n, 1n, 0n]);
    // In the second epoch nobody worked: challenges alone pay the whole stack.
    expect(partsOf(second, day(8000n))).toEqual([true, true, true]);
    expect(['miners', 'creators', 'gateways'].map((stack) => emitted(second, stack))).toEqual([0n, 0n, 0n]);
  });

  it('pays equal miners equally, to one base unit', () => {
    const parts = [0, 1, 2, 3].map((miner) => emitted(first, 'capacity', miner));
    const [least = 0n] = parts.toSorted((a, b) => (a < b ? -1 : 1));
    expect(parts.every((part) => part - least <= 1n)).toBe(true);
    expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(emitted(first, 'capacity'));
    expect([0, 1, 2, 3].map((miner) => emitted(first, 'miners', miner))).toEqual([2n, 2n, 2n, 2n]);
  });

  it('mints nothing for capacity in a period without a right answer', () => {
    const third = made.finishPeriod();
    expect([emitted(third, 'capacity'), third.capacity]).toEqual([0n, []]);
    expect(emitted(third, 'security')).toBeGreaterThan(0n);
  });

  it('pays a cheat that is not caught yet nothing, in the epoch in which the honest are paid', () => {
    // It serves something else: mixers that know the answers dispute it, and its audits have yet to be drawn.
    made.work([0, 1, 2].map((miner) => ({ miner })));
    made.measure({ hashRate: 5n, latencyMs: 100 }, [0, 1, 2]);
    made.measure({ latencyMs: 100, disputed: [disputed()] }, [3]);
    const close = made.finishPeriod();
    expect(made.state.miners.at(3).rejected).toBe(0);
    expect(close.capacity.map(({ miner }) => miner)).toEqual([0, 1, 2]);
    const honest = emitted(close, 'capacity', 0);
    expect([honest > 0n, emitted(close, 'capacity', 3)]).toEqual([true, 0n]);
  });
});
