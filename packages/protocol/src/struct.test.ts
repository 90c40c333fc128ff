import { EnumType, OneOfType, StructListType, StructType, TextType, type UintType } from '@assay/ssz';
import {
  BooleanType,
  ByteListType,
  ByteVectorType,
  ContainerType,
  ListBasicType,
  ListCompositeType,
  UintBigintType,
  UintNumberType,
  VectorBasicType,
} from '@chainsafe/ssz';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Receipt, ReceiptList } from './batch/receipt.ts';
import { AccountRow, MinerRow, tables } from './state/state.ts';
import { AuditorSlot, AuditRow, TaskRow } from './state/tasks.ts';

/** Any value of a type. */
function anyOf(type: unknown): fc.Arbitrary<unknown> {
  if (type instanceof UintBigintType) return fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
  if (type instanceof ByteVectorType)
    return fc.uint8Array({ minLength: type.lengthBytes, maxLength: type.lengthBytes });
  if (type instanceof OneOfType) {
    const members = Object.entries(type.members).map(([kind, member]) =>
      anyOf(member).map((value) => ({ kind, value })),
    );
    return fc.oneof(...members);
  }
  if (type instanceof BooleanType) return fc.boolean();
  if (type instanceof EnumType) return fc.constantFrom(...type.words);
  if (type instanceof TextType) return fc.string({ unit: 'binary', maxLength: 9 });
  if (type instanceof ByteListType) return fc.uint8Array({ maxLength: Math.min(99, type.limitBytes) });
  if (type instanceof VectorBasicType) {
    return fc.array(anyOf(type.elementType), { minLength: type.length, maxLength: type.length });
  }
  if (type instanceof ListBasicType) return fc.array(anyOf(type.elementType), { maxLength: type.limit });
  if (type instanceof ListCompositeType)
    return fc.array(anyOf(type.elementType), { maxLength: Math.min(40, type.limit) });
  if (type instanceof ContainerType) {
    return fc.record(
      Object.fromEntries(type.fieldsEntries.map(({ fieldName, fieldType }) => [fieldName, anyOf(fieldType)])),
    );
  }
  const { max } = type as UintType;
  return fc.integer({ min: 0, max });
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

/** The rows of a list as SSZ has them: the bytes that the library makes of each. */
function bytesOf(values: readonly unknown[], row: StructType<never>): Uint8Array[] {
  return values.map((value) => plain(row).serialize(value as never));
}

describe('lists of rows', () => {
  it.each(Object.entries({ ReceiptList, ...tables }))('%s is one of the bytes of its rows', (_name, list) => {
    const row = list.elementType as unknown as StructType<never>;
    const bytes = row.fixedSize === null ? new ByteListType(row.maxSize) : new ByteVectorType(row.fixedSize);
    const reference = new ListCompositeType<ByteListType | ByteVectorType>(bytes, list.limit);
    fc.assert(
      fc.property(fc.array(anyOf(row), { maxLength: 20 }), (values) => {
        const rows = bytesOf(values, row);
        expect(list.hashTreeRoot(values as never)).toEqual(reference.hashTreeRoot(rows));
        expect(list.value_toTree(values as never).root).toEqual(reference.hashTreeRoot(rows));
        for (const [index, value] of values.entries()) {
          expect(row.hashTreeRoot(value as never)).toEqual(bytes.hashTreeRoot(rows[index] as Uint8Array));
        }
      }),
      { numRuns: 10 },
    );
  });
});
