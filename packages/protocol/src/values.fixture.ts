import * as ssz from '@assay/ssz';
import { EnumType, encodeText, littleEndian, type OneOf, OneOfType, sha256, TextType, UintType } from '@assay/ssz';
import {
  BitListType,
  BooleanType,
  ByteListType,
  ByteVectorType,
  ContainerType,
  ListBasicType,
  ListCompositeType,
  OptionalType,
  Type,
  UintBigintType,
  VectorBasicType,
  VectorCompositeType,
} from '@chainsafe/ssz';
import { BitArray } from './batch/receipt.ts';
import * as protocol from './index.ts';

const letters = 'abcdefghijklmnopqrstuvwxyz';
/** Elements of a list that has no fixed length: two differ, and are no power of a longer list. */
const listLength = 2;
const textBytes = 11;

/** Values that look random and are the same in every run: SHA-256 of a name and a counter. */
class Source {
  readonly #name: Uint8Array;
  #drawn = 0;

  constructor(name: string) {
    this.#name = encodeText(name);
  }

  bytes(length: number): Uint8Array {
    const blocks = Array.from({ length: Math.ceil(length / 32) }, () =>
      sha256(this.#name, littleEndian(this.#drawn++, 4)),
    );
    return Uint8Array.from({ length }, (_, i) => blocks[i >> 5]?.[i & 31] ?? 0);
  }

  /** An integer of so many bytes, below 2^53. */
  integer(bytes: number): number {
    return this.bytes(Math.min(bytes, 6)).reduce((sum, byte) => sum * 256 + byte, 0);
  }
}

function someOf(type: Type<unknown>, source: Source): unknown {
  if (type instanceof UintType) return source.integer(type.byteLength) % (type.max + 1);
  if (type instanceof UintBigintType)
    return source.bytes(type.byteLength).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  if (type instanceof EnumType) return type.words[source.integer(1) % type.words.length];
  if (type instanceof BooleanType) return source.integer(1) % 2 === 1;
  if (type instanceof ByteVectorType) return source.bytes(type.lengthBytes);
  if (type instanceof ByteListType || type instanceof TextType) {
    const codes = source.bytes(Math.min(textBytes, type.limitBytes)).map((byte) => letters.charCodeAt(byte % 26));
    return type instanceof TextType ? String.fromCharCode(...codes) : codes;
  }
  if (type instanceof BitListType) return BitArray.fromBoolArray(Array.from(source.bytes(5), (byte) => byte % 2 === 1));
  if (type instanceof VectorBasicType || type instanceof VectorCompositeType)
    return Array.from({ length: type.length }, () => someOf(type.elementType, source));
  if (type instanceof ListBasicType || type instanceof ListCompositeType) {
    return Array.from({ length: Math.min(listLength, type.limit) }, () => someOf(type.elementType, source));
  }
  if (type instanceof ContainerType || 'fieldsEntries' in type) {
    const { fieldsEntries } = type as ContainerType<Record<string, Type<unknown>>>;
    return Object.fromEntries(fieldsEntries.map(({ fieldName, fieldType }) => [fieldName, someOf(fieldType, source)]));
  }
  if (type instanceof OptionalType) return someOf(type.elementType, source);
  if (type instanceof OneOfType) return someOneOf(type, type.kinds[0] as string, source);
  throw new Error(`There is no value for the type ${type.typeName}; teach it to values.fixture.ts.`);
}

function someOneOf({ members }: OneOfType<Record<string, Type<unknown>>>, kind: string, source: Source): unknown {
  return { kind, value: someOf(members[kind] as Type<unknown>, source) };
}

/** Non-trivial values of a type by name: one, or one for each member of a union. */
export function valuesOf(name: string, type: Type<unknown>): Map<string, unknown> {
  if (!(type instanceof OneOfType)) return new Map([[name, someOf(type, new Source(name))]]);
  return new Map(
    type.kinds.map((kind, selector) => {
      const label = `${name}.${selector}`;
      return [label, someOneOf(type, kind, new Source(label))];
    }),
  );
}

/** Every type of the protocol and those it is made of by their names, in alphabetical order. */
export const protocolTypes: ReadonlyMap<string, Type<unknown>> = new Map(
  Object.entries({ ...ssz, ...protocol })
    .flatMap(([name, type]) => (type instanceof Type ? [[name, type as Type<unknown>] as const] : []))
    .sort(([a], [b]) => (a < b ? -1 : 1)),
);

/** An integer somewhere in a value. */
export interface IntegerField {
  /** Names and numbers of the fields that lead to it. */
  readonly path: string;
  readonly type: UintType | UintBigintType;
  /** The whole value with another integer there. */
  readonly with: (integer: number | bigint) => unknown;
}

/** Every integer of a value; of a list those of its first element. */
export function integersOf(type: Type<unknown>, value: unknown, path = ''): IntegerField[] {
  if (type instanceof UintType || type instanceof UintBigintType) return [{ path, type, with: (integer) => integer }];
  const inside = (inner: Type<unknown>, name: string | number, of: unknown, put: (changed: unknown) => unknown) =>
    integersOf(inner, of, path === '' ? `${name}` : `${path}.${name}`).map((field) => ({
      ...field,
      with: (integer: number | bigint) => put(field.with(integer)),
    }));
  if (type instanceof OneOfType) {
    const { kind, value: member } = value as OneOf<Record<string, Type<unknown>>>;
    return inside(type.members[kind] as Type<unknown>, kind, member, (changed) => ({ kind, value: changed }));
  }
  if (type instanceof ListBasicType || type instanceof ListCompositeType || type instanceof VectorBasicType) {
    const elements = value as readonly unknown[];
    if (elements.length === 0) return [];
    return inside(type.elementType, 0, elements[0], (changed) => [changed, ...elements.slice(1)]);
  }
  const { fieldsEntries = [] } = type as Partial<ContainerType<Record<string, Type<unknown>>>>;
  const fields = value as Readonly<Record<string, unknown>>;
  return fieldsEntries.flatMap(({ fieldName, fieldType }) =>
    inside(fieldType, fieldName, fields[fieldName], (changed) => ({ ...fields, [fieldName]: changed })),
  );
}

/** The smallest and the largest values of an integer, and their neighbours. */
export function edgesOf({ type }: Pick<IntegerField, 'type'>): (number | bigint)[] {
  if (type instanceof UintType) return [0, 1, type.max - 1, type.max];
  return [0n, 1n, (1n << 64n) - 2n, (1n << 64n) - 1n];
}
