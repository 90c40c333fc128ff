import { BooleanType, ByteListType, ContainerType, ListCompositeType, UintNumberType, UnionType } from '@chainsafe/ssz';
import { describe, expect, it } from 'vitest';
import { oneOf } from './one-of.ts';

const members = {
  nothing: new ContainerType({ isSo: new BooleanType() }),
  text: new ContainerType({ text: new ByteListType(100), count: new UintNumberType(2) }),
  count: new UintNumberType(4),
};
const type = oneOf(members, { typeName: 'Any' });
const union = new UnionType(Object.values(members) as ConstructorParameters<typeof UnionType>[0]);
const values = [
  { kind: 'nothing', value: { isSo: true } },
  { kind: 'text', value: { text: Uint8Array.from({ length: 70 }, (_, i) => i), count: 700 } },
  { kind: 'count', value: 7 },
] as const;

describe('one of some types', () => {
  it.each(values)('is the SSZ union of its members: $kind', (value) => {
    const same = { selector: type.selectorOf(value.kind), value: value.value };
    const bytes = union.serialize(same);
    const root = union.hashTreeRoot(same);
    expect(type.serialize(value)).toEqual(bytes);
    expect(type.deserialize(bytes)).toEqual(value);
    expect(type.hashTreeRoot(value)).toEqual(root);
    const tree = type.value_toTree(value);
    expect(tree.root).toEqual(root);
    expect(type.tree_toValue(tree)).toEqual(value);
    expect(type.tree_getLeafGindices(1n, tree)).toEqual(union.tree_getLeafGindices(1n, tree));
    const list = new ListCompositeType(type, 4);
    const unions = new ListCompositeType(union, 4);
    expect(list.hashTreeRoot([...values])).toEqual(
      unions.hashTreeRoot(values.map((each) => ({ selector: type.selectorOf(each.kind), value: each.value }))),
    );
  });

  it('is copied, compared, and read back from its JSON form, which names the kind', () => {
    for (const value of values) {
      expect(type.clone(value)).toEqual(value);
      expect(values.filter((other) => type.equals(value, other))).toEqual([value]);
      expect(type.fromJson(type.toJson(value))).toEqual(value);
    }
    expect(type.toJson(values[2])).toEqual({ kind: 'count', value: '7' });
  });

  it('refuses what is none of them', () => {
    expect(() => type.deserialize(new Uint8Array())).toThrow();
    expect(() => type.deserialize(new Uint8Array([3, 0]))).toThrow('3 selects nothing of Any; at most 2 does');
    expect(() => type.fromJson({ kind: 'other', value: 7 })).toThrow('"other" is no kind of Any: nothing, text, count');
    expect(() => type.fromJson(null)).toThrow('no kind of Any');
    expect(() => type.serialize({ kind: 'other', value: 7 } as never)).toThrow(RangeError);
  });
});
