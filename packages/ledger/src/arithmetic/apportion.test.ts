import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apportion, apportionSteps } from './apportion.ts';
import { Pace } from './pace.ts';

const amount = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const weights = fc.array(fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 20n }), amount), { maxLength: 30 });
const sum = (parts: readonly bigint[]) => parts.reduce((total, part) => total + part, 0n);

describe('apportion', () => {
  it('divides 1,000 by the default revenue split', () => {
    expect(apportion(1000n, [500n, 300n, 1000n, 500n, 200n, 7500n])).toEqual([50n, 30n, 100n, 50n, 20n, 750n]);
  });

  it('gives what is left of 7 to the largest remainders, ties lower first (economics §5.2)', () => {
    // 0.35, 0.21, 0.70, 0.35, 0.14, 5.25: two are left over; 0.70 gets one, the first 0.35 the other.
    expect(apportion(7n, [500n, 300n, 1000n, 500n, 200n, 7500n])).toEqual([1n, 0n, 1n, 0n, 0n, 5n]);
  });

  it('gives nothing when there is nothing to divide by', () => {
    expect(apportion(5n, [0n, 0n])).toEqual([0n, 0n]);
    expect(apportion(5n, [])).toEqual([]);
  });

  it('adds up to the whole, to the last base unit', () => {
    fc.assert(
      fc.property(amount, weights, (whole, by) => {
        const parts = apportion(whole, by);
        expect(parts).toHaveLength(by.length);
        expect(sum(parts)).toBe(sum(by) === 0n ? 0n : whole);
      }),
    );
  });

  it('is never a base unit or more away from the exact part, and gives nothing for no weight', () => {
    fc.assert(
      fc.property(amount, weights, (whole, by) => {
        const total = sum(by);
        fc.pre(total > 0n);
        for (const [i, part] of apportion(whole, by).entries()) {
          const exactTimesTotal = whole * (by[i] ?? 0n);
          expect(part * total).toBeGreaterThan(exactTimesTotal - total);
          expect(part * total).toBeLessThan(exactTimesTotal + total);
          if (by[i] === 0n) expect(part).toBe(0n);
        }
      }),
    );
  });

  it('finds the largest remainders among many as a sort does, however it is paused', () => {
    const many = fc.array(fc.oneof(fc.bigInt({ min: 0n, max: 9n }), amount), { minLength: 200, maxLength: 400 });
    fc.assert(
      fc.property(amount, many, fc.integer({ min: 1, max: 50 }), (whole, by, rows) => {
        const total = sum(by);
        fc.pre(total > 0n);
        const expected = by.map((weight) => (whole * weight) / total);
        const order = by.map((weight, index) => ({ index, remainder: (whole * weight) % total }));
        order.sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1));
        const left = Number(whole - sum(expected));
        for (const { index } of order.slice(0, left)) expected[index] = (expected[index] ?? 0n) + 1n;
        expect(apportion(whole, by)).toEqual(expected);
        const pace = new Pace();
        const steps = apportionSteps(whole, by, pace);
        let paused = -1;
        let result = steps.next();
        for (; !result.done; result = steps.next()) {
          paused += 1;
          pace.refill(rows);
        }
        expect(result.value).toEqual(expected);
        expect(paused).toBeGreaterThan(0);
      }),
    );
  });

  it('never gives a smaller weight more', () => {
    fc.assert(
      fc.property(amount, weights, (whole, by) => {
        const parts = apportion(whole, by).map((part, i) => ({ part, weight: by[i] ?? 0n }));
        const rising = parts.toSorted((a, b) => (a.weight === b.weight ? 0 : a.weight < b.weight ? -1 : 1));
        for (const [i, { part, weight }] of rising.entries()) {
          const next = rising[i + 1];
          if (next !== undefined && next.weight > weight) expect(next.part).toBeGreaterThanOrEqual(part);
        }
      }),
    );
  });
});
