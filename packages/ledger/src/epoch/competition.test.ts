import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atOnce } from '../arithmetic/pace.ts';
import { finals as finalSteps, SHARE_ONE } from './competition.ts';

const finals = (raws: readonly (readonly bigint[])[], alphaBps: readonly number[]) =>
  atOnce((pace) => {
    const columns = alphaBps.map((_, component) => raws.map((raw) => raw[component] ?? 0n));
    return finalSteps(columns, { contestants: raws.length, alphaBps }, pace);
  });
const tenth = SHARE_ONE / 10n;

describe('competition (economics §4)', () => {
  it('weighs the shares of each component', () => {
    // 60 % of the first at weight 0.7, half of the second at 0.3: 0.57, and the rest.
    const raws = [
      [6n, 5n],
      [4n, 5n],
    ];
    expect(finals(raws, [7000, 3000])).toEqual([(57n * tenth) / 10n, (43n * tenth) / 10n]);
  });

  it('shares the weight of an empty component among the others in proportion', () => {
    // As on a first day without feedback: α4 goes to A, B, C; the Finals add up to one.
    const raws = [
      [1n, 2n, 5n, 0n],
      [3n, 2n, 0n, 0n],
    ];
    // (40·¼ + 20·½ + 20·1) / 80 = 0.5
    expect(finals(raws, [4000, 2000, 2000, 2000])).toEqual([5n * tenth, 5n * tenth]);
  });

  it('gives nothing when nothing that counts was measured', () => {
    expect(
      finals(
        [
          [0n, 7n],
          [0n, 1n],
        ],
        [10_000, 0],
      ),
    ).toEqual([0n, 0n]);
    expect(finals([], [10_000])).toEqual([]);
  });

  it('adds up to one, less rounding', () => {
    const raw = fc.array(fc.bigInt({ min: 0n, max: 1n << 90n }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(raw, { minLength: 1, maxLength: 12 }), (raws) => {
        const sum = finals(raws, [5000, 2000, 1000, 1000, 500, 500]).reduce((total, each) => total + each, 0n);
        const isEmpty = raws.every((each) => each.every((value) => value === 0n));
        expect(sum).toBeLessThanOrEqual(SHARE_ONE);
        expect(sum).toBeGreaterThanOrEqual(isEmpty ? 0n : SHARE_ONE - 100n);
      }),
    );
  });

  it('accepts contestants that do not compete', () => {
    expect(finals([[], [3n, 1n]], [5000, 5000])).toEqual([0n, SHARE_ONE]);
  });
});
