import { describe, expect, it } from 'vitest';
import { committeeErrors, justiceErrors, smallestRule } from './escape.ts';

const published = { lambda: 5, tau: 0.1, alpha: 3, f: 0.01 };

describe('the escape rule (A10)', () => {
  it('gives the published 0.1736 for λ = 5, τ = 0.1, α = 3', () => {
    expect(justiceErrors(published).escapes.toFixed(4)).toBe('0.1736');
  });

  it('gives both errors as written out term by term', () => {
    const { escapes, honestPunished } = justiceErrors(published);
    expect(escapes).toBeCloseTo(Math.exp(-4.5) * (1 + 4.5 + 4.5 ** 2 / 2), 14);
    expect(honestPunished / (1 - Math.exp(-0.05) * (1 + 0.05 + 0.05 ** 2 / 2))).toBeCloseTo(1, 9);
  });

  // P(Poisson(m) < α) is the upper tail of χ² with 2α degrees of freedom at 2m: its 1 % points from the tables.
  it.each([
    [1, 9.21034],
    [2, 13.2767],
    [3, 16.81189],
    [5, 23.20925],
    [10, 37.56623],
    [50, 135.80672],
  ])('agrees with the chi-square table at α = %i', (alpha, point) => {
    const { escapes } = justiceErrors({ lambda: point / 2, tau: 0, alpha, f: 0 });
    expect(escapes).toBeCloseTo(0.01, 6);
  });

  it('keeps chances far below what subtraction could hold', () => {
    // The first term, m^α / α!, is all but one part in 10⁵ of the sum at m = 10⁻⁴.
    const { honestPunished } = justiceErrors({ lambda: 1, tau: 0, alpha: 6, f: 1e-4 });
    expect(honestPunished / (1e-24 / 720)).toBeCloseTo(1, 3);
  });

  it.each([
    [
      { lambda: 0, tau: 0.1, alpha: 1, f: 0.5 },
      { escapes: 1, honestPunished: 0 },
    ],
    [
      { lambda: 500, tau: 1, alpha: 3, f: 1 },
      { escapes: 1, honestPunished: 1 },
    ],
    [
      { lambda: 500, tau: 0, alpha: 1000, f: 0 },
      { escapes: 1, honestPunished: 0 },
    ],
  ])('holds at the ends: %o', (rule, errors) => {
    const { escapes, honestPunished } = justiceErrors(rule);
    expect(escapes).toBeCloseTo(errors.escapes, 12);
    expect(honestPunished).toBeCloseTo(errors.honestPunished, 12);
  });

  it('counts what all mixers ask together: three times λ', () => {
    const { escapes, honestPunished } = committeeErrors(published);
    expect(escapes).toBeCloseTo(Math.exp(-13.5) * (1 + 13.5 + 13.5 ** 2 / 2), 14);
    expect(honestPunished / (1 - Math.exp(-0.15) * (1 + 0.15 + 0.15 ** 2 / 2))).toBeCloseTo(1, 9);
  });

  it('finds the smallest λ and α for escape ≤ 1 % and honest ≤ 10⁻⁶', () => {
    // λ = χ²/2 / 0.9: for α = 4 11.17, where an honest node is punished 5.9 times in a million; for α = 5 12.90.
    expect(smallestRule({ tau: 0.1, f: 0.01 })).toEqual({ lambda: 12.9, tau: 0.1, alpha: 5, f: 0.01 });
    expect(justiceErrors({ lambda: 11.17, tau: 0.1, alpha: 4, f: 0.01 }).honestPunished).toBeGreaterThan(1e-6);
    expect(justiceErrors({ lambda: 12.89, tau: 0.1, alpha: 5, f: 0.01 }).escapes).toBeGreaterThan(0.01);
    expect(smallestRule({ tau: 0.1, f: 0 })).toMatchObject({ alpha: 1, lambda: 5.12 });
  });

  it('finds none when an honest node fails as often as a cheat, or a cheat always passes', () => {
    expect(smallestRule({ tau: 0.5, f: 0.5 })).toBeNull();
    expect(smallestRule({ tau: 1, f: 0 })).toBeNull();
  });
});
