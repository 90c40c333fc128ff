import { UintType } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { edgesOf, integersOf, protocolTypes, valuesOf } from './values.fixture.ts';

/** The bytes of the largest value, with the largest number of eight bytes in its place. */
function withAllBits(most: Uint8Array, least: Uint8Array): Uint8Array {
  const at = most.findIndex((byte, i) => byte !== least[i]);
  return Uint8Array.from(most, (byte, i) => (i >= at && i < at + 8 ? 0xff : byte));
}

const values = [...protocolTypes].flatMap(([name, type]) =>
  [...valuesOf(name, type)].map(([label, value]) => ({ label, type, value })),
);

describe('integers of 64 bits are bounded by their meaning (§2.11)', () => {
  it.each(values)('in $label', ({ type, value }) => {
    for (const field of integersOf(type, value)) {
      for (const edge of edgesOf(field)) {
        const bytes = type.serialize(field.with(edge));
        expect(type.serialize(type.deserialize(bytes)), field.path).toEqual(bytes);
        expect(type.serialize(type.fromJson(type.toJson(field.with(edge)))), field.path).toEqual(bytes);
      }
      if (!(field.type instanceof UintType) || field.type.byteLength < 8) continue;
      const { max } = field.type;
      expect(max).toBeLessThan(2 ** 52);
      expect(() => type.deserialize(type.serialize(field.with(max + 1))), field.path).toThrow('is possible');
      const wide = withAllBits(type.serialize(field.with(max)), type.serialize(field.with(0)));
      expect(() => type.deserialize(wide), field.path).toThrow();
      expect(() => type.fromJson(type.toJson(field.with(max + 1))), field.path).toThrow('whole number');
    }
  });

  it('in every type that has any: nothing of eight bytes is without a bound', () => {
    const fields = values.flatMap(({ type, value }) => integersOf(type, value));
    const wide = fields.filter(({ type }) => type instanceof UintType && type.byteLength === 8);
    expect(wide.length).toBeGreaterThan(100);
    for (const { type } of wide) expect((type as UintType).max).toBeLessThanOrEqual(2 ** 52 - 1);
  });
});
