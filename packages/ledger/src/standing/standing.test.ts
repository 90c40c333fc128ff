import { describe, expect, it } from 'vitest';
import { EJECTION_MILLI, levelFactorPpb, noEvidence, standingAfter, successRatePpb } from './standing.ts';

type Outcome = 'pass' | 'soft' | 'hard';
const fresh = { streak: 0, level: 4, ...noEvidence };
const after = (...outcomes: Outcome[]) =>
  outcomes.reduce((standing, each) => ({ level: standing.level - 1, ...standingAfter(standing, each) }), fresh);

describe('standing after verdicts', () => {
  it('counts passes since the last failure', () => {
    expect(after('pass', 'pass', 'pass').streak).toBe(3);
    expect(after('pass', 'pass', 'soft', 'pass').streak).toBe(1);
  });

  it('steps as the clause says, and never below zero (verification §4.5)', () => {
    expect(after('pass').cusumMilli).toBe(0);
    expect(after('soft').cusumMilli).toBe(3400);
    expect(after('hard', 'pass', 'pass')).toMatchObject({ cusumMilli: 5306, hardFailures: 1 });
    expect(after('soft', 'hard', 'hard').hardFailures).toBe(2);
    expect(after('hard', ...Array<'pass'>(18).fill('pass'))).toMatchObject({ cusumMilli: 0, hardFailures: 0 });
  });

  it('keep what a miner was before the first failure among the evidence, until there is none', () => {
    const prior = { failures: 2, priorLevel: 2, priorStreak: 2 };
    expect(after('pass', 'pass', 'soft', 'pass', 'hard')).toMatchObject({ ...prior, hardFailures: 1 });
    expect(after('soft', ...Array<'pass'>(10).fill('pass'))).toMatchObject(noEvidence);
  });

  it('steps by the logarithms of 70/99 and of 30', () => {
    const pass = standingAfter({ ...fresh, cusumMilli: 1000 }, 'pass').cusumMilli - 1000;
    expect(Math.abs(pass - 1000 * Math.log(70 / 99))).toBeLessThan(1);
    expect(Math.abs(after('soft').cusumMilli - 1000 * Math.log(30))).toBeLessThan(2);
  });

  it('keeps evidence that was once enough', () => {
    const guilty = after('hard', 'hard', 'hard');
    expect(guilty.cusumMilli).toBe(18_000);
    expect(standingAfter(guilty, 'pass').cusumMilli).toBe(18_000);
    expect(after('soft', 'soft', 'soft', 'soft').cusumMilli).toBeLessThan(EJECTION_MILLI);
    expect(after('soft', 'soft', 'soft', 'soft', 'soft').cusumMilli).toBeGreaterThanOrEqual(EJECTION_MILLI);
  });

  it('forgives one failure in a hundred for ever, and does not forgive three in ten', () => {
    const outcomes = (every: number, count: number): Outcome[] =>
      Array.from({ length: count }, (_, i) => (i % every === 0 ? 'soft' : 'pass'));
    expect(after(...outcomes(100, 10_000)).cusumMilli).toBeLessThan(EJECTION_MILLI);
    expect(after(...outcomes(3, 20)).cusumMilli).toBeGreaterThanOrEqual(EJECTION_MILLI);
  });
});

describe('the level factor', () => {
  it('rises in equal steps from the floor to one', () => {
    const levels = [0, 1, 5, 10].map((level) => levelFactorPpb(level, { factorFloorPpb: 500_000_000 }));
    expect(levels).toEqual([500_000_000n, 550_000_000n, 750_000_000n, 1_000_000_000n]);
    expect(levelFactorPpb(0, { factorFloorPpb: 1_000_000_000 })).toBe(1_000_000_000n);
  });
});

describe('the success rate', () => {
  it('is the part of the recorded audits that passed', () => {
    expect(successRatePpb({ passedMicro: 9_000_000, failedMicro: 1_000_000 })).toBe(900_000_000n);
    expect(successRatePpb({ passedMicro: 0, failedMicro: 0 })).toBe(0n);
  });
});
