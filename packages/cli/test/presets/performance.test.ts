import { drawMiners, drawTable } from '@assay/ledger';
import { softFailure } from '@assay/ledger/fixture';
import { measurersOf } from '@assay/ledger/fixture/challenges';
import { presetNames } from '@assay/node/presets/presets';
import { describe, expect, it } from 'vitest';
import { emitted, near, UNIT, Village } from './village.fixture.ts';

/** The first miner answers at once with 150 tokens a second; the second after 1,025 ms with 50. */
const quick = { miner: 0, tokensOut: 151, firstTokenMs: 50, totalMs: 1050 };
const slow = { miner: 1, tokensOut: 51, firstTokenMs: 1025, totalMs: 2025 };

describe('preset performance (A)', () => {
  const made = new Village('performance');
  made.settle(2);
  made.work([quick, slow]);
  const first = made.finishPeriod();

  it('has epochs of 1024 blocks (A7)', () => {
    expect(made.height).toBe(1023);
    expect(first.emission).toMatchObject({ period: 0, forMs: 1023 * 500 });
    expect(near(emitted(first, 'miners'), (410_900n * UNIT * 511_500n * 6n) / 864_000_000n)).toBe(true);
  });

  it('scores compute 40 and latency 30, while nobody’s bandwidth is measured (A6, A8)', () => {
    // Compute 3 : 1, latency 1 : 0.5. 4/7 · 3/4 + 3/7 · 2/3 = 5/7.
    expect(near(emitted(first, 'miners', 0), (emitted(first, 'miners') * 5n) / 7n)).toBe(true);
    expect(near(emitted(first, 'miners', 1), (emitted(first, 'miners') * 2n) / 7n)).toBe(true);
    expect(first.scores.map(({ raw }) => raw['bandwidth'])).toEqual([0n, 0n]);
  });

  it('gives a weak record less (A9)', () => {
    made.work([quick, slow]);
    made.work([quick], softFailure);
    const second = made.finishPeriod();
    // A failure and two passes against two passes: less than the 5/7 of a clean record.
    expect(emitted(second, 'miners', 0) * 7n).toBeLessThan(emitted(second, 'miners') * 5n);
    const [failed = 0n, clean = 0n] = Array.from(made.state.miners, ({ trustPpb }) => BigInt(trustPpb));
    // Shares of trusted values: compute 3a : b, latency 2a : b.
    const compute = (4n * 3n * failed * 10n ** 18n) / (3n * failed + clean);
    const latency = (3n * 2n * failed * 10n ** 18n) / (2n * failed + clean);
    const share = (compute + latency) / 7n;
    expect(near(emitted(second, 'miners', 0), (emitted(second, 'miners') * share) / 10n ** 18n)).toBe(true);
  });
});

/** What each miner sent in a second, as its mixers of this epoch reported it. */
function measure(village: Village, bandwidths: readonly bigint[]): void {
  for (const [miner, bandwidth] of bandwidths.entries()) {
    for (const mixer of measurersOf(village, miner, { bandwidth })) {
      const report = village.report(mixer, { miner, bandwidth });
      if (village.codeOf(village.batchTx({ mixer, records: { reports: [report] } })) !== 'OK')
        throw new Error('refused');
    }
  }
}

describe('measured bandwidth in the preset performance (A3, A8)', () => {
  it('counts 30, beside compute 40 and latency 30, up to its cap', () => {
    const village = new Village('performance');
    village.settle(2);
    village.work([quick, slow]);
    // Above the cap of 125,000,000 bytes per second nothing counts: 5 : 1.
    measure(village, [900_000_000n, 25_000_000n]);
    const close = village.finishPeriod();
    expect(close.scores.map(({ raw }) => raw['bandwidth'])).toEqual([125_000_000n, 25_000_000n]);
    // 0.4 · 3/4 + 0.3 · 2/3 + 0.3 · 5/6 = 0.75
    expect(near(emitted(close, 'miners', 0), (emitted(close, 'miners') * 3n) / 4n)).toBe(true);
    expect(near(emitted(close, 'miners', 1), emitted(close, 'miners') / 4n)).toBe(true);
  });
});

describe('speed in the draws of the preset performance (A8)', () => {
  it('gives tasks with long prompts to bandwidth, and in every other preset none', () => {
    const chances = presetNames.map((preset) => {
      const village = new Village(preset);
      village.settle(2);
      measure(village, [75_000_000n, 25_000_000n]);
      village.finishPeriod();
      const table = drawTable(village.state);
      const place = { kind: 'user' as const, domain: 0, model: 0, payer: village.address('payer') };
      const asked = { ...place, dedicatedMiners: [], taskId: new Uint8Array(32), drawHeight: village.height };
      const ranksOf = (maxTokensIn: number) =>
        drawMiners(table, { ...asked, maxTokensIn, maxTokensOut: 100 }, 2).toSorted((a, b) => a.miner - b.miner);
      const [long, short] = [ranksOf(8000), ranksOf(100)].map((ranks) => ranks.map(({ weight }) => weight));
      // 3/4 against 1/2, the lower of two being the median.
      return [preset, long?.[0] === ((long?.[1] ?? 0n) * 3n) / 2n, short?.[0] === short?.[1]];
    });
    expect(chances).toEqual(presetNames.map((preset) => [preset, preset === 'performance', true]));
  });
});

describe('weak scores in the preset performance (A9)', () => {
  it('are reduced, then removed', () => {
    const village = new Village('performance');
    village.settle(3);
    // Compute 9 : 9 : 1 and latency 1 : 1 : 0, of which 4/7 and 3/7: the last has 4/7 · 1/19 = 4/133 of all, which is
    // below a quarter of the mean of a third.
    const strong = { firstTokenMs: 50, tokensOut: 91, totalMs: 1050 };
    const weak = { firstTokenMs: 2000, tokensOut: 11, totalMs: 3000 };
    const period = () => {
      village.work([
        { miner: 0, ...strong },
        { miner: 1, ...strong },
        { miner: 2, ...weak },
      ]);
      const close = village.finishPeriod();
      return { close, share: (emitted(close, 'miners', 2) * 1_000_000n) / emitted(close, 'miners') };
    };
    const last = () => village.state.miners.at(2);
    // 4/133
    expect(period().share).toBe(30_075n);
    expect(last()).toMatchObject({ weakPeriods: 1, status: 'active' });
    expect(period().share).toBe(30_075n);
    // Half of its compute counts: 4/7 · (1/2) / (18 + 1/2) = 4/259.
    const { close, share } = period();
    expect(share).toBe(15_444n);
    expect(close.scores.map(({ weakPpb }) => weakPpb)).toEqual([1_000_000_000, 1_000_000_000, 500_000_000]);
    expect(period().share).toBe(15_444n);
    expect(last()).toMatchObject({ weakPeriods: 4, status: 'active' });
    village.finishPeriod();
    expect(last()).toMatchObject({ status: 'deregistered', weight: 0n, collateralUnits: 1000n });
    expect(Array.from(village.state.miners, ({ status }) => status).slice(0, 2)).toEqual(['active', 'active']);
  });

  it('are forgiven to who is better once', () => {
    const village = new Village('performance');
    village.settle(3);
    const strong = { firstTokenMs: 50, tokensOut: 91, totalMs: 1050 };
    const weak = { firstTokenMs: 2000, tokensOut: 11, totalMs: 3000 };
    for (const third of [weak, weak, strong]) {
      village.work([
        { miner: 0, ...strong },
        { miner: 1, ...strong },
        { miner: 2, ...third },
      ]);
      village.finishPeriod();
    }
    expect(village.state.miners.at(2).weakPeriods).toBe(0);
  });
});
