import { softFailure } from '@assay/ledger/fixture';
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
