import { describe, expect, it } from 'vitest';
import { rateOf } from './interval.ts';

describe('the interval of Clopper and Pearson', () => {
  // By the quantiles of the beta distribution.
  it.each([
    [0, 10, 0, 0.3085],
    [10, 10, 0.6915, 1],
    [1, 10, 0.00253, 0.44502],
    [5, 10, 0.18709, 0.81291],
    [300, 300, 0.98778, 1],
    [0, 300, 0, 0.01222],
    [10, 10_000, 0.00047964, 0.0018382],
  ])('of %i in %i is from %f to %f', (count, of, low, high) => {
    const rate = rateOf(count, of);
    expect(rate.low).toBeCloseTo(low, 4);
    expect(rate.high).toBeCloseTo(high, 4);
  });

  it('is narrow for many, and holds the rate itself', () => {
    const { low, high } = rateOf(3_000_000, 10_000_000);
    expect(low).toBeGreaterThan(0.2997);
    expect(high).toBeLessThan(0.3003);
    expect(low < 0.3 && high > 0.3).toBe(true);
  });
});
