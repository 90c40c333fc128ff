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
    for (const place of integersOf(type, value)) {
      for (const edge of edgesOf(place)) {
        const bytes = type.serialize(place.with(edge));
        expect(type.serialize(type.deserialize(bytes)), place.path).toEqual(bytes);
        expect(type.serialize(type.fromJson(type.toJson(place.with(edge)))), place.path).toEqual(bytes);
      }
      if (!(place.type instanceof UintType) || place.type.byteLength < 8) continue;
      const { max } = place.type;
      expect(max).toBeLessThan(2 ** 52);
      expect(() => type.deserialize(type.serialize(place.with(max + 1))), place.path).toThrow('is possible');
      const wide = withAllBits(type.serialize(place.with(max)), type.serialize(place.with(0)));
      expect(() => type.deserialize(wide), place.path).toThrow();
      expect(() => type.fromJson(type.toJson(place.with(max + 1))), place.path).toThrow('whole number');
    }
  });

  it('in every type that has any: nothing of eight bytes is without a bound', () => {
    const places = values.flatMap(({ type, value }) => integersOf(type, value));
    const wide = places.filter(({ type }) => type instanceof UintType && type.byteLength === 8);
    expect(wide.length).toBeGreaterThan(100);
    for (const { type } of wide) expect((type as UintType).max).toBeLessThanOrEqual(2 ** 52 - 1);
  });
});
