import { softFailure } from '@assay/ledger/fixture';
import { taskKinds } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { emitted, near, Village } from './village.fixture.ts';

const task = { tokensIn: 100, tokensOut: 200 };

function village(): Village {
  const made = new Village('useful-work');
  made.settle(2);
  return made;
}

describe('preset useful-work (D)', () => {
  it('weighs work 70 and performance 30, and background work at 0.3 of a user’s (D7)', () => {
    const made = village();
    made.work([
      { ...task, miner: 0 },
      { ...task, miner: 1, kind: taskKinds.background },
    ]);
    const close = made.finishPeriod();
    expect(close.scores.map(({ raw }) => [raw['vwu'], raw['performance']])).toEqual([
      [700n, 1_000_000_000n],
      [210n, 1_000_000_000n],
    ]);
    // 0.7 · 10/13 + 0.3 · 1/2 = 179/260.
    expect(near(emitted(close, 'miners', 0), (emitted(close, 'miners') * 179n) / 260n)).toBe(true);
  });

  it('counts a failed audit twice: in performance and in trust (D5)', () => {
    const made = village();
    made.finishPeriod();
    made.work([
      { ...task, miner: 0 },
      { ...task, miner: 1 },
    ]);
    made.work([{ ...task, miner: 1 }], softFailure);
    const close = made.finishPeriod();
    expect(close.scores.map(({ raw }) => raw['performance'])).toEqual([1_000_000_000n, 500_000_000n]);
    const [a = 0n, b = 0n] = Array.from(made.state.miners, ({ trustPpb }) => BigInt(trustPpb));
    // Work a : b, performance a : b/2.
    const share = (7n * a * 10n ** 18n) / (a + b) + (3n * 2n * a * 10n ** 18n) / (2n * a + b);
    expect(near(emitted(close, 'miners', 0), (emitted(close, 'miners') * share) / 10n ** 19n)).toBe(true);
  });

  it('raises levels by ten successes in a row, and pays 0.55 at level 1 for 0.5 at level 0 (D8)', () => {
    const made = village();
    for (let i = 0; i < 10; i++) made.work([{ ...task, miner: 0 }]);
    made.finishPeriod();
    expect(Array.from(made.state.miners, ({ level }) => level)).toEqual([1, 0]);
    made.work([
      { ...task, miner: 0 },
      { ...task, miner: 1 },
    ]);
    const close = made.finishPeriod();
    const [a = 0n, b = 0n] = Array.from(made.state.miners, ({ trustPpb }) => BigInt(trustPpb));
    // Everything else is equal: 0.55 a : 0.5 b.
    const whole = emitted(close, 'miners');
    expect(near(emitted(close, 'miners', 0), (whole * 55n * a) / (55n * a + 50n * b))).toBe(true);
  });
});
