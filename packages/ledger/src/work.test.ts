import { taskKinds } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { usageOf, workUnitsOf } from './work.ts';

describe('verified work units', () => {
  const params = { vwuPerTokenIn: 1, vwuPerTokenOut: 3 };
  const task = { kind: taskKinds.user, tokensIn: 100, tokensOut: 200 };

  it('weigh tokens, difficulty and importance', () => {
    expect(workUnitsOf(params, { difficultyPpm: 1_000_000 }, task)).toBe(700n);
    expect(workUnitsOf(params, { difficultyPpm: 2_500_000 }, task)).toBe(1750n);
    expect(workUnitsOf(params, { difficultyPpm: 1_000_000 }, { ...task, kind: taskKinds.background })).toBe(210n);
    expect(workUnitsOf(params, { difficultyPpm: 1_000_000 }, { ...task, kind: taskKinds.challenge })).toBe(70n);
  });

  it('are rounded down once, at the end', () => {
    expect(workUnitsOf(params, { difficultyPpm: 333_333 }, { ...task, tokensIn: 1, tokensOut: 1 })).toBe(1n);
  });

  it('are none for a kind nobody knows', () => {
    expect(workUnitsOf(params, { difficultyPpm: 1_000_000 }, { ...task, kind: 9 })).toBe(0n);
  });
});

describe('usage (E1)', () => {
  const task = { kind: taskKinds.user, priceUnits: 1n, tokensIn: 100, tokensOut: 200 };

  it('counts the tokens of what a user paid for, and nothing else', () => {
    expect(usageOf(task)).toBe(300n);
    expect(usageOf({ ...task, priceUnits: 0n })).toBe(0n);
    expect(usageOf({ ...task, kind: taskKinds.background })).toBe(0n);
    expect(usageOf({ ...task, kind: taskKinds.challenge })).toBe(0n);
  });
});
