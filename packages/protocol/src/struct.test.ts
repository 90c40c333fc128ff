import {
  ByteVectorType,
  ContainerType,
  ListBasicType,
  ListCompositeType,
  UintBigintType,
  UintNumberType,
} from '@chainsafe/ssz';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Receipt, ReceiptList } from './receipt.ts';
import { AccountRow, AuditorSlot, AuditRow, MinerRow, TaskRow, tables } from './state.ts';
import { StructListType, StructType } from './struct.ts';

/** Any value of a type built from integers, byte vectors, lists and structs. */
function anyOf(type: unknown): fc.Arbitrary<unknown> {
  if (type instanceof UintBigintType) return fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
  if (type instanceof ByteVectorType)
    return fc.uint8Array({ minLength: type.lengthBytes, maxLength: type.lengthBytes });
  if (type instanceof ListBasicType) return fc.array(anyOf(type.elementType), { maxLength: type.limit });
  if (type instanceof StructListType) return fc.array(anyOf(type.elementType), { maxLength: Math.min(40, type.limit) });
  if (type instanceof StructType) {
    return fc.record(
      Object.fromEntries(type.fieldsEntries.map(({ fieldName, fieldType }) => [fieldName, anyOf(fieldType)])),
    );
  }
  const { byteLength } = type as { byteLength: number };
  return fc.integer({ min: 0, max: byteLength === 8 ? Number.MAX_SAFE_INTEGER : 2 ** (8 * byteLength) - 1 });
}

/** The same type as the library has it, without anything of ours that hashes. */
function plain(type: unknown): ContainerType<Record<string, never>> {
  const { fields } = type as { fields: Record<string, unknown> };
  const inner = (field: unknown): unknown => {
    if (field instanceof StructListType) return new ListCompositeType(plain(field.elementType), field.limit);
    if (field instanceof UintNumberType) return new UintNumberType(field.byteLength);
    if (field instanceof UintBigintType) return new UintBigintType(field.byteLength);
    return field instanceof StructType ? plain(field) : field;
  };
  const entries = Object.entries(fields).map(([name, field]) => [name, inner(field)]);
  return new ContainerType(Object.fromEntries(entries) as Record<string, never>);
}

describe('structs', () => {
  it.each(Object.entries({ Receipt, AccountRow, AuditorSlot, AuditRow, MinerRow, TaskRow }))(
    'hash many %s as the library hashes each',
    (_name, type) => {
      const reference = plain(type);
      fc.assert(
        fc.property(fc.array(anyOf(type), { maxLength: 20 }), (values) => {
          const roots = type.rootsOf(values as never);
          for (const [index, value] of values.entries()) {
            const root = reference.hashTreeRoot(value as never);
            expect(roots.subarray(32 * index, 32 * index + 32)).toEqual(root);
            expect(type.hashTreeRoot(value as never)).toEqual(root);
          }
        }),
        { numRuns: 20 },
      );
    },
  );

  it('hash more than one group', () => {
    const rows = Array.from({ length: 2500 }, (_, nonce) => ({ ...AccountRow.defaultValue(), nonce }));
    const roots = AccountRow.rootsOf(rows);
    for (const index of [0, 1023, 1024, 2047, 2048, 2499]) {
      const root = AccountRow.hashTreeRoot({ ...AccountRow.defaultValue(), nonce: index });
      expect(roots.subarray(32 * index, 32 * index + 32)).toEqual(root);
    }
  });
});

describe('lists of structs', () => {
  it.each([ReceiptList, tables.tasks])('have the root the library gives them: %#', (list) => {
    const reference = new ListCompositeType(plain(list.elementType), list.limit);
    fc.assert(
      fc.property(fc.array(anyOf(list.elementType), { maxLength: 20 }), (values) => {
        expect(list.hashTreeRoot(values as never)).toEqual(reference.hashTreeRoot(values as never));
        expect(list.toViewDU(values as never).hashTreeRoot()).toEqual(reference.hashTreeRoot(values as never));
      }),
      { numRuns: 20 },
    );
  });
});
