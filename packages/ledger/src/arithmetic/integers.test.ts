import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isqrt, MAX_UNITS, saturate } from './integers.ts';

describe('isqrt', () => {
  it('is the largest integer whose square fits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 200n }), (value) => {
        const root = isqrt(value);
        expect(root * root).toBeLessThanOrEqual(value);
        expect((root + 1n) * (root + 1n)).toBeGreaterThan(value);
      }),
    );
  });

  it.each([0n, 1n, 2n, 3n, 4n, 8n, 9n, 10n])('knows the root of %s', (value) => {
    const root = isqrt(value);
    expect(root * root <= value && (root + 1n) * (root + 1n) > value).toBe(true);
  });
});

describe('saturate', () => {
  it('stops at what a field can hold', () => {
    expect(saturate(MAX_UNITS + 1n)).toBe(MAX_UNITS);
    expect(saturate(MAX_UNITS)).toBe(18_446_744_073_709_551_615n);
    expect(saturate(7n)).toBe(7n);
  });
});
