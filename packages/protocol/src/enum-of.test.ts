import { EnumType, enumOf } from '@assay/ssz';
import { ContainerType, ListBasicType, type Type, UintNumberType } from '@chainsafe/ssz';
import { describe, expect, it } from 'vitest';
import { protocolTypes } from './values.fixture.ts';

const uint8 = new UintNumberType(1);
const Answer = enumOf('yes', 'no', 'perhaps');
const Gapped = enumOf({ none: 0, some: 3, other: 255 });

describe('one of some words', () => {
  it.each([
    [Answer, [0, 1, 2]],
    [Gapped, [0, 3, 255]],
  ])('is the SSZ number of the word: %#', (type: EnumType<string>, numbers) => {
    expect(type.words.map((word) => type.numberOf(word))).toEqual(numbers);
    const list = new ListBasicType(type, 40);
    const plain = new ListBasicType(uint8, 40);
    const words = Array.from({ length: 40 }, (_, i) => type.words[i % 3] as string);
    const values = words.map((word) => type.numberOf(word));
    expect(list.serialize(words)).toEqual(plain.serialize(values));
    expect(list.hashTreeRoot(words)).toEqual(plain.hashTreeRoot(values));
    expect(list.deserialize(plain.serialize(values))).toEqual(words);
    expect(list.toViewDU(words).getAll()).toEqual(words);
    expect(list.value_toTree(words).root).toEqual(plain.hashTreeRoot(values));
    for (const word of type.words) {
      expect(type.hashTreeRoot(word)).toEqual(uint8.hashTreeRoot(type.numberOf(word)));
      expect(type.tree_toValue(type.value_toTree(word))).toBe(word);
      expect(type.fromJson(type.toJson(word))).toBe(word);
    }
    expect(type.defaultValue()).toBe(type.wordOf(0));
  });

  it('refuses what is none of them, and says which there are', () => {
    expect(() => Answer.deserialize(Uint8Array.of(3))).toThrow('3 is none of yes, no, perhaps');
    expect(() => Gapped.deserialize(Uint8Array.of(4))).toThrow('4 is none of none, some, other');
    expect(() => Answer.deserialize(Uint8Array.of(0, 0))).toThrow();
    expect(() => Answer.serialize('maybe' as 'yes')).toThrow(RangeError);
    for (const json of ['maybe', 3, -1, 0.5, null, {}]) expect(() => Answer.fromJson(json)).toThrow('none of yes');
  });

  it('is read from its number in JSON too', () => {
    expect(Gapped.fromJson(255)).toBe('other');
  });
});

describe('every row and message', () => {
  /** The enumerations in the fixed part of a container, with their offsets. */
  function enumsOf(type: Type<unknown>, at = 0): [EnumType<string>, number][] {
    if (type instanceof EnumType) return [[type, at]];
    if (!(type instanceof ContainerType)) return [];
    let offset = at;
    return type.fieldsEntries.flatMap(({ fieldType }: { fieldType: Type<unknown> }) => {
      const found = fieldType.fixedSize === null ? [] : enumsOf(fieldType, offset);
      offset += fieldType.fixedSize ?? 4;
      return found;
    });
  }

  it('with a number that stands for no word is refused when it is read (§1.1)', () => {
    const enums = [...protocolTypes.values()].flatMap((type) => enumsOf(type).map((each) => [type, ...each] as const));
    expect(enums.length).toBeGreaterThan(20);
    for (const [type, { words }, at] of enums) {
      const bytes = type.serialize(type.defaultValue());
      bytes[at] = 254;
      expect(() => type.deserialize(bytes), type.typeName).toThrow(`254 is none of ${words.join(', ')}`);
    }
  });
});
