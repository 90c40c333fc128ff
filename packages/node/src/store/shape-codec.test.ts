import { Genesis, ledgerEvents, Units } from '@assay/protocol';
import { valuesOf } from '@assay/protocol/fixture';
import {
  ByName,
  ByType,
  Bytes32,
  EnumType,
  enumOf,
  ListOf,
  list,
  OrNull,
  orNull,
  type Shape,
  SomeWord,
  U8,
  U32,
  UintType,
} from '@assay/ssz';
import { Type, UintBigintType } from '@chainsafe/ssz';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codecOf, NotOfShape } from './shape-codec.ts';
import { taskRecordShape } from './tasks.ts';

/** Any value of a shape; integers and amounts also beyond what their type holds elsewhere. */
function anyOf(shape: Shape): fc.Arbitrary<unknown> {
  if (shape instanceof UintType) return fc.oneof(fc.nat(), fc.maxSafeNat());
  if (shape instanceof UintBigintType) return fc.oneof(fc.bigInt(0n, 300n), fc.bigInt(0n, (1n << 256n) - 1n));
  if (shape instanceof Type) return fc.nat().map((seed) => [...valuesOf(`${seed}`, shape).values()][0]);
  if (shape instanceof EnumType) return fc.constantFrom(...shape.words);
  if (shape instanceof SomeWord) return fc.string({ unit: 'grapheme' });
  if (shape instanceof OrNull) return fc.option(anyOf(shape.inner as Shape));
  if (shape instanceof ListOf) return fc.array(anyOf(shape.item as Shape), { maxLength: 3 });
  if (shape instanceof ByName)
    return fc.dictionary(fc.string(), anyOf(shape.value as Shape), { noNullPrototype: true });
  if (shape instanceof ByType) {
    return fc.oneof(
      ...Object.entries(shape.types as Readonly<Record<string, Shape>>).map(([type, of]) => typed(type, of)),
    );
  }
  return fc.record(Object.fromEntries(Object.entries(shape).map(([name, field]) => [name, anyOf(field)])));
}
const typed = (type: string, shape: Shape) => anyOf(shape).map((fields) => ({ type, ...(fields as object) }));

const event = new ByType(ledgerEvents);

describe('the bytes of a shape', () => {
  it.each(Object.entries(ledgerEvents))('keep every value of an event: %s', (type, shape) => {
    const codec = codecOf(event);
    fc.assert(
      fc.property(typed(type, shape), (value) => {
        expect(codec.decode(codec.encode(value as never))).toEqual(value);
      }),
      { numRuns: 30 },
    );
  });

  it('keep a task with its history', () => {
    const codec = codecOf(taskRecordShape);
    fc.assert(
      fc.property(anyOf(taskRecordShape), (value) => {
        expect(codec.decode(codec.encode(value as never))).toEqual(value);
      }),
      { numRuns: 30 },
    );
  });

  it('end in a value of that one form or in NotOfShape, whatever they are', () => {
    const codec = codecOf(taskRecordShape);
    const events = codecOf(list(event));
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.tuple(fc.array(anyOf(event), { maxLength: 2 }), fc.nat(), fc.nat({ max: 255 })).map(([values, at, byte]) => {
        const encoded = events.encode(values as never);
        return encoded.with(at % encoded.length, byte);
      }),
    );
    fc.assert(
      fc.property(bytes, (some) => {
        for (const of of [codec, events] as { decode(from: Uint8Array): unknown }[]) {
          try {
            of.decode(some);
          } catch (error) {
            expect(error).toBeInstanceOf(NotOfShape);
          }
        }
      }),
    );
  });

  it.each([
    ['nothing', U32, []],
    ['more than the value', U8, [1, 0]],
    ['a second form of an integer', U8, [0x81, 0]],
    ['an integer above 2^53', U32, [255, 255, 255, 255, 255, 255, 255, 31]],
    ['an integer without end', Units, Array.from({ length: 40 }, () => 0xff)],
    ['a list longer than its bytes', list(U8), [200, 1, 1]],
    ['a word that is none', enumOf('a', 'b'), [2]],
    ['something between null and not', orNull(U8), [2, 1]],
    ['bytes that end early', Bytes32, [1, 2, 3]],
    ['what SSZ refuses', { genesis: Genesis }, [2, 1, 1]],
  ])('are refused when they are %s', (_, shape: Shape, bytes) => {
    expect(() => codecOf(shape).decode(Uint8Array.from(bytes))).toThrow(NotOfShape);
  });

  it('are not made of what the shape has not', () => {
    expect(() => codecOf(U32).encode(-1)).toThrow(RangeError);
    expect(() => codecOf(U32).encode(0.5)).toThrow(RangeError);
    expect(() => codecOf(Units).encode(-1n)).toThrow(RangeError);
    expect(() => codecOf(enumOf('a')).encode('b' as 'a')).toThrow(RangeError);
    expect(() => codecOf(event).encode({ type: 'none' } as never)).toThrow(RangeError);
  });

  it('have a layout, which says whether two shapes read each other', () => {
    const layout = (shape: Shape) => codecOf(shape).layout;
    const same: Shape = { a: list(U8), b: enumOf('x', 'y') };
    expect(layout(same)).toEqual(layout({ a: list(U8), b: enumOf('x', 'y') }));
    const others: Shape[] = [
      { a: list(U8), b: enumOf('y', 'x') },
      { b: enumOf('x', 'y'), a: list(U8) },
      { a: orNull(U8), b: enumOf('x', 'y') },
      { a: list(U8) },
      new ByType({ a: { a: list(U8), b: enumOf('x', 'y') } }),
    ];
    for (const other of others) expect(layout(other)).not.toEqual(layout(same));
    expect(layout(Genesis)).not.toEqual(layout({ ...Genesis.fields }));
  });
});
