import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatUnits, parseUnits } from './format-units.ts';

describe('formatUnits', () => {
  it.each([
    [0n, '0'],
    [1n, '0.000000001'],
    [1_500_000_000n, '1.5'],
    [-20_000_000n, '-0.02'],
    [24_654_000_000_000n, '24654'],
  ])('writes %s base units as %s', (baseUnits, text) => expect(formatUnits(baseUnits)).toBe(text));

  it('loses nothing', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 63n), 2n ** 64n), (baseUnits) => {
        const [whole = '', decimals = ''] = formatUnits(baseUnits).split('.');
        expect(BigInt(whole + decimals.padEnd(9, '0'))).toBe(baseUnits);
      }),
    );
  });

  it('is read back; what is no amount is not', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (units) => {
        expect(parseUnits(formatUnits(units))).toBe(units);
      }),
    );
    for (const text of ['', '1.', '.5', '-1', '1e9', '1.0000000001', '18446744073.709551616']) {
      expect(parseUnits(text)).toBeNull();
    }
  });
});
