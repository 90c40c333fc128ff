import {
  Address,
  AuditNumbers,
  BlsPublicKey,
  BlsSignature,
  Ed25519Signature,
  Name,
  NetAddress,
  Quantity,
  Units,
} from '@assay/protocol';
import {
  Bool,
  ByName,
  ByType,
  Bytes32,
  EnumType,
  ListOf,
  OrNull,
  RefType,
  type Shape,
  type Shaped,
  SomeWord,
  UintType,
} from '@assay/ssz';
import { z } from 'zod';
import { AuditNumbersJson } from './audit-numbers.ts';
import { address, blsPublicKey, bps, bytes32, count, quantity, signature64, signature96, units } from './scalars.ts';

/** The JSON form of a value of the protocol: amounts, bytes, addresses and texts are strings. */
export type JsonOf<T> = T extends bigint | Uint8Array
  ? string
  : T extends number | boolean | string | null
    ? T
    : T extends AuditNumbers
      ? AuditNumbersJson
      : T extends readonly (infer Item)[]
        ? JsonOf<Item>[]
        : { -readonly [Name in keyof T]: JsonOf<T[Name]> };
type SchemaOf<S> = z.ZodType<JsonOf<Shaped<S>>>;

const leaves = new Map<Shape, z.ZodType>([
  [Bool, z.boolean()],
  [Units, units],
  [Quantity, quantity],
  [Address, address],
  [Bytes32, bytes32],
  [BlsPublicKey, blsPublicKey],
  [BlsSignature, signature96],
  [Ed25519Signature, signature64],
  [Name, z.string()],
  [NetAddress, z.string()],
  [AuditNumbers, AuditNumbersJson],
]);
/** One schema of each shape: what a larger one holds is the same object, by which the OpenAPI document names it. */
const known = new WeakMap<Shape, z.ZodType>();

/** The schema of the JSON form of a type or shape of the protocol. Throws RangeError for a type that has none yet. */
export function schemaOf<S extends Shape>(shape: S): SchemaOf<S> {
  const schema = leaves.get(shape) ?? known.get(shape) ?? made(shape);
  known.set(shape, schema);
  return schema as SchemaOf<S>;
}

function made(shape: Shape): z.ZodType {
  if (shape instanceof RefType) return count.max(shape.max).describe(`Names one of \`${shape.name}\`.`);
  if (shape instanceof UintType) return count;
  if (shape instanceof EnumType) return z.enum(shape.words);
  if (shape instanceof SomeWord) return z.string();
  if (shape instanceof OrNull) return schemaOf(shape.inner as Shape).nullable();
  if (shape instanceof ListOf) return z.array(schemaOf(shape.item as Shape));
  if (shape instanceof ByName) return z.record(z.string(), schemaOf(shape.value as Shape));
  if (shape instanceof ByType) return typedSchema(shape.types as Readonly<Record<string, Shape>>);
  if ('elementType' in shape) return z.array(schemaOf(shape.elementType as Shape));
  return z.object(shapeOf(shape));
}

function typedSchema(types: Readonly<Record<string, Shape>>): z.ZodType {
  const schemas = Object.entries(types).map(([type, shape]) => z.object({ type: z.literal(type), ...shapeOf(shape) }));
  return z.discriminatedUnion('type', schemas as unknown as [z.ZodObject]);
}

/** The schemas of the fields of a container or plain object, for a larger one. */
export function shapeOf<S extends Shape>(shape: S): ShapeOf<Shaped<S>> {
  const entries = fieldsOf(shape).map(([name, field]) => [name, fieldSchema(name, field)]);
  return Object.fromEntries(entries);
}
type ShapeOf<V> = { -readonly [Name in keyof V]: z.ZodType<JsonOf<V[Name]>> };

interface Container {
  readonly fieldsEntries: readonly { readonly fieldName: string; readonly fieldType: Shape }[];
}

function fieldsOf(shape: Shape): [string, Shape][] {
  if ('typeName' in shape && !('fieldsEntries' in shape)) throw new RangeError(`teach schema-of.ts ${shape.typeName}`);
  if (!('fieldsEntries' in shape)) return Object.entries(shape as Readonly<Record<string, Shape>>);
  const { fieldsEntries } = shape as unknown as Container;
  return fieldsEntries.map(({ fieldName, fieldType }) => [fieldName, fieldType]);
}

/** Names carry units: basis points are at most 10,000. */
function fieldSchema(name: string, shape: Shape): z.ZodType {
  return name.endsWith('Bps') ? bps : schemaOf(shape);
}
