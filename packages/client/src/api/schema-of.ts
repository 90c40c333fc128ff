import { Address, BlsPublicKey, BlsSignature, Bool, Bytes32, Name, UintType, Units } from '@assay/protocol';
import { z } from 'zod';
import { address, blsPublicKey, bps, bytes32, count, signature96, units } from './scalars.ts';

/** The JSON form of a value of the protocol: amounts, bytes, addresses and texts are strings. */
export type JsonOf<T> = T extends bigint | Uint8Array
  ? string
  : T extends number | boolean
    ? T
    : T extends readonly (infer Item)[]
      ? JsonOf<Item>[]
      : { -readonly [Name in keyof T]: JsonOf<T[Name]> };

/** What is read of an encoding; all types of the protocol are of this form. */
interface Encoding {
  fromJson(json: unknown): unknown;
  readonly elementType?: Encoding;
  readonly fieldsEntries?: readonly { readonly fieldName: PropertyKey; readonly fieldType: Encoding }[];
}
type SchemaOf<T extends Encoding> = z.ZodType<JsonOf<ReturnType<T['fromJson']>>>;

const scalars = new Map<Encoding, z.ZodType>([
  [Bool, z.boolean()],
  [Units, units],
  [Address, address],
  [Bytes32, bytes32],
  [BlsPublicKey, blsPublicKey],
  [BlsSignature, signature96],
  [Name, z.string()],
]);
/** One schema of each type: what a larger one holds is the same object, by which the OpenAPI document names it. */
const known = new WeakMap<Encoding, z.ZodType>();

/** The schema of the JSON form of a type of the protocol. Throws RangeError for one that has no such form yet. */
export function schemaOf<T extends Encoding>(type: T): SchemaOf<T> {
  const schema = known.get(type) ?? made(type);
  known.set(type, schema);
  return schema as SchemaOf<T>;
}

function made(type: Encoding): z.ZodType {
  if (type instanceof UintType) return count;
  if (type.elementType !== undefined) return z.array(schemaOf(type.elementType));
  if (type.fieldsEntries !== undefined) return z.object(shapeOf(type));
  const scalar = scalars.get(type);
  if (scalar === undefined) throw new RangeError('teach schema-of.ts this type');
  return scalar;
}

/** The schemas of a container's fields, for a larger object. */
export function shapeOf<T extends Encoding>(type: T): ShapeOf<ReturnType<T['fromJson']>> {
  const entries = (type.fieldsEntries ?? []).map(({ fieldName, fieldType }) => [
    fieldName,
    fieldSchema(String(fieldName), fieldType),
  ]);
  return Object.fromEntries(entries);
}
type ShapeOf<V> = { -readonly [Name in keyof V]: z.ZodType<JsonOf<V[Name]>> };

/** Names carry units: basis points are at most 10,000. */
function fieldSchema(name: string, type: Encoding): z.ZodType {
  return name.endsWith('Bps') ? bps : schemaOf(type);
}
