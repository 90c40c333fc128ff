import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dequantise, quantiseQ4_0 } from './quants.ts';

const one = [0x00, 0x3c];
const two = [0x00, 0x40];
const minusOne = [0x00, 0xbc];
const times = (count: number, byte: number) => new Array<number>(count).fill(byte);
const bytes = (...parts: readonly number[][]) => Uint8Array.from(parts.flat());

describe('dequantise', () => {
  it.each([
    ['Q4_0', bytes(two, [0x1f], times(15, 0x88)), [2 * (15 - 8), 0], 2 * (1 - 8)],
    ['Q4_1', bytes(two, minusOne, [0x1f], times(15, 0)), [2 * 15 - 1, -1], 2 * 1 - 1],
    ['Q5_0', bytes(one, [0x01, 0, 0, 0], [0x1f], times(15, 0)), [31 - 16, -16], 1 - 16],
    ['Q5_1', bytes(one, minusOne, [0, 0, 0x01, 0], [0x1f], times(15, 0)), [15 - 1, -1], 17 - 1],
    ['Q8_0', bytes(two, [0x7f, 0x80], times(14, 0), [0xff], times(15, 0)), [254, -256], -2],
  ] as const)('reads a block of %s as worked out by hand', (type, block, [first, second], seventeenth) => {
    const numbers = dequantise(type, block);
    expect(numbers).toHaveLength(32);
    expect([numbers[0], numbers[1], numbers[16]]).toEqual([first, second, seventeenth]);
  });

  it('reads plain numbers', () => {
    expect([...dequantise('F16', bytes(one, minusOne))]).toEqual([1, -1]);
    expect([...dequantise('BF16', bytes([0x80, 0x3f], [0x00, 0xc0]))]).toEqual([1, -2]);
    expect([...dequantise('F32', new Uint8Array(Float32Array.of(0.25, -3).buffer))]).toEqual([0.25, -3]);
  });
});

describe('quantiseQ4_0', () => {
  it('keeps what Q4_0 can say', () => {
    const numbers = Float32Array.from({ length: 64 }, (_, i) => ((i % 16) - 8) * 0.5);
    expect(dequantise('Q4_0', quantiseQ4_0(numbers))).toEqual(numbers);
  });

  it('is within one level of every number', () => {
    const block = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(block, (values) => {
        const numbers = Float32Array.from(values);
        const far = Math.max(...numbers.map(Math.abs));
        const back = dequantise('Q4_0', quantiseQ4_0(numbers));
        // Half floats carry the scale to one part in 2,048; below 2⁻¹⁴ they lose more.
        for (const [i, number] of numbers.entries()) {
          expect(Math.abs((back[i] ?? 0) - number)).toBeLessThanOrEqual(far / 8 + far / 1000 + 1e-6);
        }
      }),
    );
  });

  it('writes zeros as zeros', () => {
    expect(dequantise('Q4_0', quantiseQ4_0(new Float32Array(32))).every((number) => number === 0)).toBe(true);
  });
});
