import type { TaskKind } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { worldParams } from '../testing/params.fixture.ts';
import { latencyMicroOf, speedOf, usageOf, workUnitsOf } from './work.ts';

describe('verified work units', () => {
  const params = worldParams;
  const task = { kind: 'user' as const, tokensIn: 100, tokensOut: 200 };

  it('weigh tokens, difficulty and importance', () => {
    expect(workUnitsOf(params, { difficultyPpm: 1_000_000 }, task)).toBe(700n);
    expect(workUnitsOf(params, { difficultyPpm: 2_500_000 }, task)).toBe(1750n);
    expect(workUnitsOf(params, { difficultyPpm: 1_000_000 }, { ...task, kind: 'background' })).toBe(210n);
    expect(workUnitsOf(params, { difficultyPpm: 1_000_000 }, { ...task, kind: 'challenge' })).toBe(70n);
    expect(workUnitsOf(params, { difficultyPpm: 1_000_000 }, { ...task, kind: 'training' })).toBe(210n);
  });

  it('count by the importance the network sets', () => {
    const importance = { backgroundPpb: 0, challengePpb: 1, trainingPpb: 1_000_000_000 };
    const of = (kind: TaskKind) =>
      workUnitsOf({ ...params, importance }, { difficultyPpm: 1_000_000 }, { ...task, kind });
    expect((['background', 'challenge', 'training', 'user'] as const).map(of)).toEqual([...[0n, 0n, 700n, 700n]]);
  });

  it('are rounded down once, at the end', () => {
    expect(workUnitsOf(params, { difficultyPpm: 333_333 }, { ...task, tokensIn: 1, tokensOut: 1 })).toBe(1n);
  });
});

describe('usage (E1)', () => {
  const task = { kind: 'user' as const, priceUnits: 1n, tokensIn: 100, tokensOut: 200 };

  it('counts the tokens of what a user paid for, and nothing else', () => {
    expect(usageOf(task)).toBe(300n);
    expect(usageOf({ ...task, priceUnits: 0n })).toBe(0n);
    expect(usageOf({ ...task, kind: 'background' })).toBe(0n);
    expect(usageOf({ ...task, kind: 'challenge' })).toBe(0n);
    expect(usageOf({ ...task, kind: 'training' })).toBe(0n);
  });
});

describe('speed and latency (economics §4.3)', () => {
  it('score a first token from 50 ms down to 2,000', () => {
    const scores = [0, 50, 51, 1025, 1999, 2000, 2 ** 32 - 1].map(latencyMicroOf);
    expect(scores).toEqual([1_000_000n, 1_000_000n, 999_487n, 500_000n, 512n, 0n, 0n]);
  });

  it('measure the tokens after the first, whatever the times say', () => {
    expect(speedOf({ tokensOut: 101, firstTokenMs: 400, totalMs: 2400 })).toEqual({ tokens: 100n, ms: 2000n });
    expect(speedOf({ tokensOut: 1, firstTokenMs: 400, totalMs: 400 })).toEqual({ tokens: 0n, ms: 0n });
    expect(speedOf({ tokensOut: 9, firstTokenMs: 400, totalMs: 100 })).toEqual({ tokens: 8n, ms: 1n });
  });
});
