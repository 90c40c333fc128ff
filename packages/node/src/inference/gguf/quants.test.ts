import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dequantise, quantise } from './quants.ts';

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

  // By llama.cpp's own dequantize_row_* of the same bytes.
  it.each([
    ['Q4_K', 144, [0, 2], [-9.5, 148, 163.75, 20, -9.75, 128, 69, -2, -14, -14.5], 12368.5],
    ['Q5_K', 176, [0, 2], [116.5, 22, 415.75, 37, 71, -4.75, 393.5, -16, 214.75, -6.25], 30622],
    ['Q6_K', 210, [208], [477.75, -477.75, 544.5, -314.5, -17, 493.75, 580, -577.5, 0, -354], -1402.75],
  ] as const)('reads a block of %s as llama.cpp does', (type, size, scalesAt, some, sum) => {
    const block = Uint8Array.from({ length: size }, (_, i) => i * 73 + ((i * i) % 251) + 11);
    for (const [i, at] of scalesAt.entries()) new DataView(block.buffer).setFloat16(at, 0.25 * (i + 1), true);
    const numbers = dequantise(type, block);
    expect([0, 1, 31, 32, 63, 100, 127, 128, 200, 255].map((at) => numbers[at])).toEqual(some);
    expect(numbers.reduce((total, number) => total + number, 0)).toBe(sum);
  });

  it('reads plain numbers', () => {
    expect([...dequantise('F16', bytes(one, minusOne))]).toEqual([1, -1]);
    expect([...dequantise('BF16', bytes([0x80, 0x3f], [0x00, 0xc0]))]).toEqual([1, -2]);
    expect([...dequantise('F32', new Uint8Array(Float32Array.of(0.25, -3).buffer))]).toEqual([0.25, -3]);
  });
});

describe('quantise', () => {
  it.each([
    ['Q4_0', 16],
    ['Q5_0', 32],
  ] as const)('keeps what %s can say', (type, levels) => {
    const numbers = Float32Array.from({ length: 64 }, (_, i) => ((i % levels) - levels / 2) * 0.5);
    expect(dequantise(type, quantise(type, numbers))).toEqual(numbers);
  });

  it('rounds to the nearest, and in a tie to the even one', () => {
    const near = Float32Array.of(1, -1, 1 + 2 ** -9, 1 + 2 ** -8, 1 + 3 * 2 ** -8, 0.1);
    const back = [1, -1, 1, 1, 1 + 2 ** -6, 0.10009765625];
    expect([...dequantise('BF16', quantise('BF16', near))]).toEqual(back);
    expect([...dequantise('F16', quantise('F16', Float32Array.of(1 + 2 ** -11, 1 + 3 * 2 ** -11)))]).toEqual([
      1,
      1 + 2 ** -9,
    ]);
  });

  // Half floats carry the scale to one part in 2,048; below 2⁻¹⁴ they lose more.
  it.each([
    ['Q4_0', 1 / 8],
    ['Q5_0', 1 / 16],
    ['Q8_0', 1 / 254],
    ['F16', 0],
    ['BF16', 1 / 256],
  ] as const)('is as near in %s as its levels are', (type, step) => {
    const block = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 32, maxLength: 32 });
    // Half a step of the smallest scale that 16 bits hold, for each of 127 levels.
    const leastScale = 127 * 2 ** -25;
    const tiny = [...new Array<number>(31).fill(0), -1.0049615e-6];
    fc.assert(
      fc.property(block, (values) => {
        const numbers = Float32Array.from(values);
        const far = Math.max(...numbers.map(Math.abs));
        const back = dequantise(type, quantise(type, numbers));
        for (const [i, number] of numbers.entries()) {
          expect(Math.abs((back[i] ?? 0) - number)).toBeLessThanOrEqual(far * step + far / 1000 + leastScale);
        }
      }),
      { examples: [[tiny]] },
    );
  });

  it.each(['F16', 'BF16', 'Q8_0', 'Q5_0', 'Q4_0'] as const)('writes zeros as zeros in %s', (type) => {
    expect(dequantise(type, quantise(type, new Float32Array(32))).every((number) => number === 0)).toBe(true);
  });
});
