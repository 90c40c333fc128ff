import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestShape, responseShape } from './abci.ts';
import { byteStrings, bytes, decode, encode, int, MalformedMessage, message, messages, text } from './wire.ts';

const inner = { id: int(1), name: text(2) };
const shape = {
  height: int(1),
  blob: bytes(2),
  inner: message(3, inner),
  many: messages(4, inner),
  blobs: byteStrings(5),
};
const none = { height: 0, blob: new Uint8Array(), inner: null, many: [], blobs: [] };

describe('the messages of CometBFT §18.4', () => {
  it('are read as they were written', () => {
    const blob = fc.uint8Array({ maxLength: 300 });
    const part = fc.record({ id: fc.maxSafeInteger(), name: fc.string({ unit: 'grapheme' }) });
    const value = fc.record({
      height: fc.maxSafeInteger(),
      blob,
      inner: fc.option(part, { nil: null }),
      many: fc.array(part),
      blobs: fc.array(blob),
    });
    fc.assert(
      fc.property(value, ({ inner, ...rest }) => {
        const written = encode(shape, inner === null ? rest : { inner, ...rest });
        expect(decode(shape, written)).toEqual({ inner, ...rest });
      }),
    );
  });

  it('have initial values where a field is missing, and pass over fields that are not described', () => {
    expect(decode(shape, new Uint8Array())).toEqual(none);
    const unknown = Uint8Array.of(9 * 8, 5, 10 * 8 + 1, ...new Uint8Array(8), 11 * 8 + 5, 1, 2, 3, 4, 12 * 8 + 2, 1, 7);
    expect(decode(shape, unknown)).toEqual(none);
    expect(encode(shape, { height: 0, many: [], blobs: [new Uint8Array()] })).toEqual(Uint8Array.of(5 * 8 + 2, 0));
  });

  it.each([
    ['an integer that ends in the middle', [8, 0x80]],
    ['an integer of eleven bytes', [8, ...Array(10).fill(0x80), 1]],
    ['an integer of more than 53 bits', [8, ...Array(8).fill(0xff), 0x7f]],
    ['a field that is longer than the message', [18, 5, 1, 2]],
    ['a message that is longer than the one around it', [26, 3, 8, 1]],
    ['a wire type that does not belong to the field', [16, 1]],
    ['a wire type that nobody uses', [9 * 8 + 3]],
  ])('are refused for %s', (_, raw) => {
    expect(() => decode(shape, Uint8Array.from(raw))).toThrow(MalformedMessage);
  });

  it('are read or refused, whatever bytes come', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(requestShape, responseShape), (raw, of) => {
        try {
          encode(of, decode(of, raw) as object);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessage);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
