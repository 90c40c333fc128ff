import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isqrt } from '../arithmetic/integers.ts';
import { worldParams } from '../testing/params.fixture.ts';
import { auditRatePpb, cappedTrust, keptPpb, trustPpbOf } from './trust.ts';
import { routingWeight } from './weight.ts';

const micro = (count: number) => BigInt(count) * 1_000_000n;

/** The textbook formula in floating point, with the prior failure. */
function wilson(passed: number, failed: number): number {
  const n = passed + failed + 1;
  const p = passed / n;
  const z = 1.645;
  const centre = p + (z * z) / (2 * n);
  return (centre - z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))) / (1 + (z * z) / n);
}

/** The same to 10⁻³⁰, rounded down to ppb. */
function exactPpb(passed: bigint, failed: bigint): bigint {
  const fine = 10n ** 30n;
  const [lost, zSquared] = [failed + micro(1), 2_706_025n];
  const total = passed + lost;
  const root = isqrt(((4n * passed * lost + zSquared * total) * fine * fine) / (4n * micro(1) * total));
  const low = ((2n * passed + zSquared) * fine) / micro(2) - (1645n * root) / 1000n;
  return low <= 0n ? 0n : (low * micro(1) * 10n ** 9n) / ((total + zSquared) * fine);
}

describe('trust', () => {
  it('is zero without a record and with nothing but failures', () => {
    expect(trustPpbOf(0n, 0n)).toBe(0);
    expect(trustPpbOf(0n, micro(50))).toBe(0);
  });

  it.each([
    [1, 0],
    [3, 0],
    [50, 0],
    [50, 1],
    [200, 10],
    [100_000, 0],
  ])('is the Wilson bound after %i passes and %i failures', (passed, failed) => {
    expect(Math.abs(trustPpbOf(micro(passed), micro(failed)) / 1e9 - wilson(passed, failed))).toBeLessThan(1e-7);
  });

  it('is the exact bound rounded down, or at times one ppb above it, as the integers of the clause are rounded', () => {
    const count = (most: number) => fc.bigInt({ min: 0n, max: micro(most) });
    fc.assert(
      fc.property(count(100_000), count(1000), (passed, failed) => {
        expect([0n, 1n]).toContain(BigInt(trustPpbOf(passed, failed)) - exactPpb(passed, failed));
      }),
    );
    expect([trustPpbOf(1_709_057n, 2_074_740n), exactPpb(1_709_057n, 2_074_740n)]).toEqual([116_218_889, 116_218_888n]);
  });

  it('rises with every pass, falls with every failure, and stays within 0 and 1', () => {
    const count = fc.bigInt({ min: 0n, max: micro(1_000_000) });
    fc.assert(
      fc.property(count, count, (passed, failed) => {
        const trust = trustPpbOf(passed, failed);
        expect(trust).toBeGreaterThanOrEqual(0);
        expect(trust).toBeLessThan(1_000_000_000);
        expect(trustPpbOf(passed + micro(1), failed)).toBeGreaterThanOrEqual(trust);
        expect(trustPpbOf(passed, failed + micro(1))).toBeLessThanOrEqual(trust);
      }),
    );
  });

  it('is held down when the evidence is text only', () => {
    expect(cappedTrust(900_000_000, 0)).toBe(700_000_000);
    expect(cappedTrust(300_000_000, 0)).toBe(300_000_000);
    expect(cappedTrust(900_000_000, 1)).toBe(900_000_000);
  });
});

describe('ageing', () => {
  it.each([1, 2, 14, 337, 100_000])('halves a record in %i epochs', (halfLife) => {
    const kept = keptPpb(halfLife);
    expect(Math.abs(Number(kept) - 1e9 * 2 ** (-1 / halfLife))).toBeLessThan(2);
  });

  it('forgets in steps exactly as written', () => {
    expect(keptPpb(1)).toBe(500_000_000n);
    expect(keptPpb(2)).toBe(707_106_781n);
  });
});

describe('audit rate §10.1', () => {
  const policy = { ...worldParams.audit, newMinerTasks: 50 };
  const miner = (audited: number, trustPpb: number, evidenceLevel = 2) => ({
    audited,
    trustPpb,
    evidenceLevel,
    resultsOwed: 0,
    engineUnknown: false,
    cusumMilli: 0,
  });

  it('is all of a new miner’s tasks and of one hardly trusted', () => {
    expect(auditRatePpb(policy, miner(49, 999_000_000))).toBe(1_000_000_000);
    expect(auditRatePpb(policy, miner(50, 100_000_000))).toBe(1_000_000_000);
  });

  it('is all while a case about its ejection is open (§10.16)', () => {
    expect(auditRatePpb(policy, { ...miner(50, 1_000_000_000), cusumMilli: 13_800 })).toBe(1_000_000_000);
    expect(auditRatePpb(policy, { ...miner(50, 1_000_000_000), cusumMilli: 13_799 })).toBe(20_000_000);
    expect(auditRatePpb(policy, { ...miner(50, 1_000_000_000), engineUnknown: true })).toBe(1_000_000_000);
  });

  it('falls in a straight line to the floor', () => {
    // Half way between 10 % and full trust: half way between 100 % and 2 %.
    expect(auditRatePpb(policy, miner(50, 550_000_000))).toBe(510_000_000);
    expect(auditRatePpb(policy, miner(50, 1_000_000_000))).toBe(20_000_000);
  });

  it('is three times as high without logprobs, never above all', () => {
    expect(auditRatePpb(policy, miner(50, 1_000_000_000, 0))).toBe(60_000_000);
    expect(auditRatePpb(policy, miner(50, 700_000_000, 0))).toBe(1_000_000_000);
  });
});

describe('routing weight §6.2', () => {
  it('is trust, with a floor, times the root of the capacity', () => {
    expect(routingWeight(900_000_000, 4, 100_000_000)).toBe(900_000_000n * 2000n);
    expect(routingWeight(0, 1, 100_000_000)).toBe(100_000_000n * 1000n);
    expect(routingWeight(500_000_000, 2, 100_000_000)).toBe(500_000_000n * 1414n);
  });

  it('fits its field at the extremes', () => {
    expect(routingWeight(1_000_000_000, 65_535, 1)).toBeLessThan(1n << 64n);
  });
});
