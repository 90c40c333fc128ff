import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatUnits } from './formatUnits.ts';

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
});
