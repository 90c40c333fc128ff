import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stepPowers, targetPowers } from './power.ts';

const third = 333_333_333n;
const inputs = (...rows: (readonly [stake: bigint, work: bigint])[]) =>
  rows.map(([stakeUnits, work]) => ({ stakeUnits, work }));
const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);

describe('target powers (economics §8.1)', () => {
  it('weigh stake with 1 − ω and work with ω', () => {
    // ½ · ¼ + ½ · 9/10 and ½ · ¾ + ½ · 1/10
    expect(targetPowers(inputs([100n, 90n], [300n, 10n]), 500_000_000n)).toEqual([575_000_000n, 425_000_000n]);
  });

  it('follow stake alone while nobody has worked, and work alone without stakes', () => {
    expect(targetPowers(inputs([100n, 0n], [300n, 0n]), third)).toEqual([250_000_000n, 750_000_000n]);
    expect(targetPowers(inputs([0n, 1n], [0n, 3n]), third)).toEqual([250_000_000n, 750_000_000n]);
    expect(targetPowers(inputs([0n, 0n], [0n, 0n]), third)).toEqual([0n, 0n]);
    expect(targetPowers([], third)).toEqual([]);
  });

  it('hold nobody above a fifth when six or more have any, and give the rest to the others', () => {
    const six = inputs([500n, 0n], [100n, 0n], [100n, 0n], [100n, 0n], [100n, 0n], [100n, 0n]);
    expect(targetPowers(six, third)).toEqual([200_000_000n, ...Array(5).fill(160_000_000n)]);
    const two = inputs([300n, 0n], [300n, 0n], [100n, 0n], [100n, 0n], [100n, 0n], [100n, 0n]);
    expect(targetPowers(two, third)).toEqual([200_000_000n, 200_000_000n, ...Array(4).fill(150_000_000n)]);
  });

  it('double nobody by that, so that least stakes own nothing beside large ones (economics §8.1.1)', () => {
    const dust = [1n, 0n] as const;
    for (const large of [1, 2, 3, 4]) {
      const rows = Array.from({ length: large }, () => [1_000_000n, 0n] as const);
      const powers = targetPowers(inputs(...rows, ...Array.from({ length: 6 - large }, () => dust)), third);
      expect(sum(powers)).toBe(1_000_000_000n);
      expect(sum(powers.slice(large))).toBeLessThan(10_000n + 1n);
      expect(new Set(powers.slice(0, large)).size).toBeLessThanOrEqual(2);
    }
    const some = inputs([950n, 0n], [10n, 0n], [10n, 0n], [10n, 0n], [10n, 0n], [10n, 0n]);
    expect(targetPowers(some, third)).toEqual([900_000_000n, ...Array(5).fill(20_000_000n)]);
  });

  it('have no cap when fewer than six hold any', () => {
    const five = inputs([600n, 0n], [100n, 0n], [100n, 0n], [100n, 0n], [100n, 0n], [0n, 0n]);
    expect(targetPowers(five, third)[0]).toBe(600_000_000n);
  });

  it('always add up to one, and are above the cap only where nobody may take more', () => {
    const amount = fc.bigInt(0n, (1n << 64n) - 1n);
    const rows = fc.array(fc.record({ stakeUnits: amount, work: amount }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(rows, fc.bigInt(0n, 1_000_000_000n), (each, omega) => {
        const powers = targetPowers(each, omega);
        const holders = powers.filter((power) => power > 0n).length;
        expect(sum(powers)).toBe(holders === 0 ? 0n : 1_000_000_000n);
      }),
    );
    const stakes = fc.array(fc.bigInt(1n, 10_000n), { minLength: 6, maxLength: 12 });
    fc.assert(
      fc.property(stakes, (each) => {
        const powers = targetPowers(inputs(...each.map((stake) => [stake, 0n] as const)), third);
        const most = each.map((stake) => {
          const own = (stake * 1_000_000_000n) / sum(each);
          return own > 200_000_000n ? 200_000_000n : 2n * own < 200_000_000n ? 2n * own : 200_000_000n;
        });
        const isFull = powers.map((power, i) => power >= (most[i] ?? 0n) - 2n);
        if (powers.some((power) => power > 200_000_001n)) expect(isFull).not.toContain(false);
        else expect(powers.every((power, i) => power <= (most[i] ?? 0n) + 2n)).toBe(true);
      }),
    );
  });
});

describe('the change of one epoch (economics §8.2)', () => {
  it('goes all the way when less than a third changes hands', () => {
    const from = [500_000_000n, 500_000_000n];
    expect(stepPowers(from, [600_000_000n, 400_000_000n])).toEqual([600_000_000n, 400_000_000n]);
    expect(stepPowers(from, [833_333_333n, 166_666_667n])).toEqual([833_333_333n, 166_666_667n]);
  });

  it('stops below a third otherwise, and gets there in the end', () => {
    const target = [0n, 1_000_000_000n];
    const first = stepPowers([1_000_000_000n, 0n], target);
    expect(first).toEqual([666_666_667n, 333_333_333n]);
    expect(stepPowers(stepPowers(stepPowers(first, target), target), target)).toEqual(target);
  });

  it('never makes or loses power, and never moves a third', () => {
    const powersOf = (weights: readonly bigint[]) =>
      targetPowers(
        weights.map((stakeUnits) => ({ stakeUnits, work: 0n })),
        0n,
      );
    const weights = fc.array(fc.tuple(fc.bigInt(1n, 1000n), fc.bigInt(1n, 1000n)), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(weights, (pairs) => {
        const from = powersOf(pairs.map(([before]) => before));
        const next = stepPowers(from, powersOf(pairs.map(([, after]) => after)));
        expect(sum(next)).toBe(1_000_000_000n);
        const gained = next.map((power, i) => power - (from[i] ?? 0n)).filter((change) => change > 0n);
        expect(3n * sum(gained)).toBeLessThan(1_000_000_000n);
      }),
    );
  });
});
