import { equalMarginMicro, noMargin } from '@assay/roles/audit/choice';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leastRequests, mismatchesOf, noiseLimits, quantilesOf, statisticsOf } from './profile.ts';
import { auditedPositions, type Sample, t1PpbOf } from './sample.ts';

const sample = (variation: number, margin = 0, positions = 16): Sample => ({
  variationsPpb: new Array<number>(positions).fill(variation),
  marginsMicro: new Array<number>(positions).fill(margin),
  leadsMicro: new Array<number>(positions).fill(margin),
});
const many = (count: number, each: (index: number) => Sample) => Array.from({ length: count }, (_, i) => each(i));

describe('quantiles', () => {
  it('are of the nearest rank', () => {
    const values = Array.from({ length: 1000 }, (_, i) => 1000 - i);
    expect(quantilesOf(values)).toEqual({ p50: 500, p99: 990, p999: 999, max: 1000 });
    expect(quantilesOf([7])).toEqual({ p50: 7, p99: 7, p999: 7, max: 7 });
    expect(() => quantilesOf([])).toThrow(RangeError);
  });

  it('are values that were measured, the share of them at most that many', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1 }), (values) => {
        const { p50, p99, p999, max } = quantilesOf(values);
        expect(Math.max(...values)).toBe(max);
        for (const [share, value] of [
          [0.5, p50],
          [0.99, p99],
          [0.999, p999],
        ] as const) {
          expect(values).toContain(value);
          expect(values.filter((each) => each <= value).length).toBeGreaterThanOrEqual(share * values.length);
          expect(values.filter((each) => each < value).length).toBeLessThan(share * values.length);
        }
      }),
    );
  });
});

describe('statistics', () => {
  it('count T1 by request and margins by position', () => {
    const found = statisticsOf([sample(10, 1), sample(30, 5, 48)]);
    expect(found).toMatchObject({ requests: 2, positions: 64, t1Ppb: { p50: 10, max: 30 } });
    expect(found.marginMicro).toMatchObject({ p50: 5, max: 5 });
    expect(mismatchesOf([sample(0, 1), sample(0, 5, 48)], 1)).toBe(0.75);
  });

  it('take T1 over the positions that an audit draws', () => {
    const variationsPpb = Array.from({ length: 128 }, (_, i) => (i === 0 || i === 127 ? 64_000 : 0));
    expect(t1PpbOf({ ...sample(0), variationsPpb }, 3)).toBe((2 * 64_000) / auditedPositions);
  });
});

describe('limits (verification §6.4)', () => {
  const cheats = many(60, () => sample(100_000_000, noMargin));

  it('are a quarter above what honest answers stay below', () => {
    const honest = many(leastRequests, (i) => sample(i === 0 ? 20_000_000 : 4_000_000, 80_000));
    expect(noiseLimits(honest, cheats)).toEqual({
      t1LimitPpb: 25_000_000,
      marginMicro: 100_000,
      mismatches: { honest: 0, substituted: 1 },
      refusal: null,
    });
  });

  it('are never below what rounding gives, and the margin of equal engines', () => {
    const exact = noiseLimits(
      many(leastRequests, () => sample(0)),
      cheats,
    );
    expect(exact).toMatchObject({ t1LimitPpb: 1_000_000, marginMicro: equalMarginMicro, refusal: null });
  });

  it('fit the chain where no margin makes a token a choice', () => {
    const limits = noiseLimits(
      many(leastRequests, () => sample(0, noMargin)),
      cheats,
    );
    expect(limits.marginMicro).toBe(noMargin);
  });

  it('are refused with too few requests, and where a substitution is not far enough', () => {
    const honest = (count: number, variation: number) => many(count, () => sample(variation));
    expect(noiseLimits(honest(leastRequests - 1, 0), cheats).refusal).toContain('299 honest answers say too little');
    expect(noiseLimits(honest(leastRequests, 39_000_000), cheats).refusal).toBeNull();
    expect(noiseLimits(honest(leastRequests, 40_000_000), cheats).refusal).toContain('limit is 0.0500');
    expect(noiseLimits(honest(leastRequests, 90_000_000), cheats).refusal).toContain(
      'half of what they give is 0.0500',
    );
  });
});
