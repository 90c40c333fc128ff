import { Bool, StructType, U8, U16, U32, type ValueOf } from '@assay/ssz';
import type { Type } from '@chainsafe/ssz';
import { Quantity, Units } from '../encoding.ts';

/**
 * Smallest and largest value a vote may set; null for what must stay as the genesis has it (§12.2). A list has no
 * bounds but those of its type.
 */
export type Bounds = readonly [min: bigint, max: bigint] | 'list' | null;

/** One number of the protocol that a network may choose, and all there is to know about it. */
export interface Parameter<T extends Type<unknown> = Type<unknown>> {
  readonly type: T;
  /** What the default network has. */
  readonly default: ValueOf<T>;
  readonly bounds: Bounds;
  /** What it is for, in a sentence for people. Its unit stands in its name. */
  readonly why: string;
}

type Entries = Readonly<Record<string, Parameter>>;
/** The types of the fields that parameters and groups of them are encoded as. */
export type TypesOf<E> = {
  -readonly [Name in keyof E]: E[Name] extends Parameter<infer T> ? T : E[Name] extends Type<unknown> ? E[Name] : never;
};

/** Parameters that belong together; encoded as one struct, a field for each in their order. */
export class ParameterGroup<E extends Entries = Entries> extends StructType<TypesOf<E>> {
  readonly parameters: E;

  constructor(typeName: string, parameters: E) {
    super(typesOf(parameters), { typeName });
    this.parameters = parameters;
  }
}

/** The types of the fields of parameters and groups, in their order. */
export function typesOf<E extends Readonly<Record<string, Parameter | Type<unknown>>>>(entries: E): TypesOf<E> {
  const types = Object.entries(entries).map(([name, entry]) => [name, 'why' in entry ? entry.type : entry]);
  return Object.fromEntries(types);
}

export function parameter<T extends Type<unknown>>(
  type: T,
  value: ValueOf<T>,
  bounds: Bounds,
  why: string,
): Parameter<T> {
  return { type, default: value, bounds, why };
}

/** Makes a parameter of one type: its default, its bounds, its why. */
const of =
  <T extends Type<unknown>>(type: T) =>
  (value: ValueOf<T>, bounds: Bounds, why: string): Parameter<T> =>
    parameter(type, value, bounds, why);
export const u8 = of(U8);
export const u16 = of(U16);
export const u32 = of(U32);

/** A part of a whole, parts per billion. */
export const ppb = (value: number, why: string, bounds: Bounds = [0n, 1_000_000_000n]) => u32(value, bounds, why);
/** A part of a whole, basis points. */
export const bps = (value: number, why: string) => u16(value, [0n, 10_000n], why);
/** A number that may be large and is no money. */
export const quantity = (value: bigint, why: string) => parameter(Quantity, value, [0n, (1n << 64n) - 1n], why);
/** An amount in base units. */
export const amount = (value: bigint, why: string, max = (1n << 64n) - 1n) => parameter(Units, value, [0n, max], why);
export const flag = (value: boolean, why: string) => parameter(Bool, value, [0n, 1n], why);
