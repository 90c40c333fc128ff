import {
  BitListType,
  BooleanType,
  ByteListType,
  ByteVectorType,
  ContainerType,
  ListBasicType,
  ListCompositeType,
  Type,
  UintBigintType,
  UintNumberType,
  UnionType,
  VectorBasicType,
} from '@chainsafe/ssz';
import { littleEndian, sha256 } from './hash.ts';
import * as protocol from './index.ts';
import { BitArray } from './receipt.ts';

const letters = 'abcdefghijklmnopqrstuvwxyz';
/** Elements of a list that has no fixed length: two differ, and are no power of a longer list. */
const listLength = 2;
const textBytes = 11;

/** Values that look random and are the same in every run: SHA-256 of a name and a counter. */
class Source {
  readonly #name: Uint8Array;
  #drawn = 0;

  constructor(name: string) {
    this.#name = new TextEncoder().encode(name);
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
  if (type instanceof UintNumberType) return source.integer(type.byteLength);
  if (type instanceof UintBigintType)
    return source.bytes(type.byteLength).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  if (type instanceof BooleanType) return source.integer(1) % 2 === 1;
  if (type instanceof ByteVectorType) return source.bytes(type.lengthBytes);
  if (type instanceof ByteListType) {
    return source.bytes(Math.min(textBytes, type.limitBytes)).map((byte) => letters.charCodeAt(byte % 26));
  }
  if (type instanceof BitListType) return BitArray.fromBoolArray(Array.from(source.bytes(5), (byte) => byte % 2 === 1));
  if (type instanceof VectorBasicType)
    return Array.from({ length: type.length }, () => someOf(type.elementType, source));
  if (type instanceof ListBasicType || type instanceof ListCompositeType) {
    return Array.from({ length: Math.min(listLength, type.limit) }, () => someOf(type.elementType, source));
  }
  if (type instanceof ContainerType || 'fieldsEntries' in type) {
    const { fieldsEntries } = type as ContainerType<Record<string, Type<unknown>>>;
    return Object.fromEntries(fieldsEntries.map(({ fieldName, fieldType }) => [fieldName, someOf(fieldType, source)]));
  }
  if (type instanceof UnionType) return { selector: 0, value: someOf(type.types[0] as Type<unknown>, source) };
  throw new Error(`There is no value for the type ${type.typeName}; teach it to tools/vectors/values.ts.`);
}

/** Non-trivial values of a type by name: one, or one for each member of a union. */
export function valuesOf(name: string, type: Type<unknown>): Map<string, unknown> {
  if (!(type instanceof UnionType)) return new Map([[name, someOf(type, new Source(name))]]);
  const members = [...type.types.entries()] as [number, Type<unknown>][];
  return new Map(
    members.map(([selector, member]) => {
      const label = `${name}.${selector}`;
      return [label, { selector, value: someOf(member, new Source(label)) }];
    }),
  );
}

/** Every type of the protocol by its name, in alphabetical order. */
export const protocolTypes: ReadonlyMap<string, Type<unknown>> = new Map(
  Object.entries(protocol)
    .flatMap(([name, type]) => (type instanceof Type ? [[name, type as Type<unknown>] as const] : []))
    .sort(([a], [b]) => (a < b ? -1 : 1)),
);

/** Whether a type has a union in it: the library writes those as JSON but cannot read them back. */
export function holdsUnion(type: Type<unknown>): boolean {
  if (type instanceof UnionType) return true;
  const { elementType, fieldsEntries = [] } = type as {
    readonly elementType?: Type<unknown>;
    readonly fieldsEntries?: readonly { readonly fieldType: Type<unknown> }[];
  };
  const isInside = elementType !== undefined && holdsUnion(elementType);
  return isInside || fieldsEntries.some(({ fieldType }) => holdsUnion(fieldType));
}
