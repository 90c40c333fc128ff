import { encodeText, TextType } from '@assay/ssz';
import { ByteListType } from '@chainsafe/ssz';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Transaction } from './index.ts';

const type = new TextType(64);
const bytes = new ByteListType(64);
const texts = fc.string({ unit: 'binary', maxLength: 12 });

describe('a text (§1.7)', () => {
  it('stands on the wire and in the tree as the list of its UTF-8', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const utf8 = encodeText(text);
        expect(type.serialize(text)).toEqual(bytes.serialize(utf8));
        expect(type.hashTreeRoot(text)).toEqual(bytes.hashTreeRoot(utf8));
        expect(type.value_toTree(text).root).toEqual(bytes.hashTreeRoot(utf8));
        expect(type.tree_toValue(type.value_toTree(text))).toBe(text);
        expect(type.deserialize(type.serialize(text))).toBe(text);
        expect(type.fromJson(type.toJson(text))).toBe(text);
      }),
    );
  });

  it('is what the bytes say, or the bytes are refused', () => {
    const utf8 = fc.uint8Array({ maxLength: 16 });
    const broken = fc
      .tuple(texts.map(encodeText), utf8)
      .map(([text, rest]) => Uint8Array.of(...text.slice(0, 20), ...rest));
    fc.assert(
      fc.property(fc.oneof(utf8, broken), (list) => {
        let text: string;
        try {
          text = type.deserialize(list);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          return;
        }
        expect(type.serialize(text)).toEqual(list);
      }),
    );
  });

  it.each([
    ['a byte order mark', [0xef, 0xbb, 0xbf], '\ufeff'],
    ['two of them', [0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf], '\ufeff\ufeff'],
    ['a null character', [0x61, 0], 'a\0'],
    ['a replacement character', [0xef, 0xbf, 0xbd], '\ufffd'],
  ])('keeps %s', (_, list, text) => {
    expect(type.deserialize(Uint8Array.from(list))).toBe(text);
    expect([...type.serialize(text)]).toEqual(list);
  });

  it.each([
    ['half of a character', [0xe2, 0x82]],
    ['a continuation that continues nothing', [0x80]],
    ['an overlong form', [0xc0, 0x80]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['more than there is', [0xf4, 0x90, 0x80, 0x80]],
    ['more bytes than it may have', new Array(65).fill(0x61)],
  ])('is none with %s', (_, list) => {
    expect(() => type.deserialize(Uint8Array.from(list))).toThrow();
  });

  it('is none with a lone surrogate', () => {
    for (const text of ['\ud83d', 'a\ude00b']) {
      expect(type.holds(text)).toBe(false);
      expect(() => type.serialize(text)).toThrow('half of a character');
      expect(() => type.hashTreeRoot(text)).toThrow('half of a character');
      expect(() => type.fromJson(text)).toThrow('not a text');
    }
  });

  it('takes as much of a string as has room, in whole characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const fitted = type.fitted(text);
        expect(type.holds(fitted)).toBe(true);
        expect(text.startsWith(fitted)).toBe(true);
        const next = [...text.slice(fitted.length)][0];
        if (next !== undefined) expect(type.holds(fitted + next)).toBe(false);
      }),
    );
    expect(type.fitted('\ud83d!')).toBe('\ufffd!');
  });

  it('makes a transaction none when it is none', () => {
    const body = { path: 'halvingDays', value: '7' };
    const content = { ...Transaction.defaultValue().content, body: proposal(body) };
    const wire = Transaction.serialize({ ...Transaction.defaultValue(), content } as never);
    const index = wire.findIndex((_, at) => wire[at] === 0x68 && wire[at + 1] === 0x61);
    expect(() => Transaction.deserialize(wire)).not.toThrow();
    wire[index] = 0xff;
    expect(() => Transaction.deserialize(wire)).toThrow();
  });
});

const proposal = (value: { readonly path: string; readonly value: string }) => ({
  kind: 'propose' as const,
  value: { action: { kind: 'parameterChange' as const, value } },
});
