import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bytes32, BytesType, bitsOf, bytesOf, U8 } from './scalars.ts';

const types = { Bytes32, bytesOf: bytesOf(64), bitsOf: bitsOf(64), BytesType: new BytesType(2) };

describe('bytes in JSON', () => {
  it.each(Object.entries(types))('are read as their hexadecimal says, or refused: %s', (_, type) => {
    const almost = fc.stringMatching(/^(0x)?([0-9a-fA-F]{4}|[0-9a-fA-FgzO +.-]{4}|[0-9a-f]{64})$/);
    fc.assert(
      fc.property(almost, (text) => {
        let value: unknown;
        try {
          value = type.fromJson(text);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          return;
        }
        expect(type.toJson(value as never)).toBe(`0x${text.replace(/^0x/, '').toLowerCase()}`);
      }),
      { numRuns: 500 },
    );
  });

  it.each(Object.entries(types))('are refused with what is wrong: %s', (_, type) => {
    expect(() => type.fromJson(`0x${'0O'.repeat(32)}`)).toThrow('is not hexadecimal');
    expect(() => type.fromJson(7)).toThrow('7 is not hexadecimal');
  });
});

it('there is one zero', () => {
  expect(U8.fromJson(JSON.parse('-0'))).toBe(0);
});
