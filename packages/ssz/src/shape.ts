import type { Type } from '@chainsafe/ssz';

/*
 * What is only ever read, never signed or hashed, has a shape. Its TypeScript type, its JSON form and the schema of
 * that follow from it. Its leaves are types of the protocol, by which JSON writes a number, an amount or an address.
 */

/** A word of which there are too many to list. */
export class SomeWord<W extends string> {
  readonly kind = 'someWord';
  /** Carries the type; there is no value. */
  declare readonly word: W;
}
export class OrNull<S> {
  readonly kind = 'orNull';
  readonly inner: S;
  constructor(inner: S) {
    this.inner = inner;
  }
}
export class ListOf<S> {
  readonly kind = 'listOf';
  readonly item: S;
  constructor(item: S) {
    this.item = item;
  }
}
/** Any names, each with a value of one shape. */
export class ByName<S> {
  readonly kind = 'byName';
  readonly value: S;
  constructor(value: S) {
    this.value = value;
  }
}
/** An object whose `type` says which of some shapes its other values have. */
export class ByType<T> {
  readonly kind = 'byType';
  readonly types: T;
  constructor(types: T) {
    this.types = types;
  }
}

/** A plain object is an object with a value of each shape. */
export type Shape =
  | Type<unknown>
  | SomeWord<string>
  | OrNull<unknown>
  | ListOf<unknown>
  | ByName<unknown>
  | ByType<unknown>
  | { readonly [name: string]: Shape };

/** The values of a shape. */
export type Shaped<S> =
  S extends Type<infer Value>
    ? Value
    : S extends SomeWord<infer W>
      ? W
      : S extends OrNull<infer Inner>
        ? Shaped<Inner> | null
        : S extends ListOf<infer Item>
          ? readonly Shaped<Item>[]
          : S extends ByName<infer Value>
            ? Readonly<Record<string, Shaped<Value>>>
            : S extends ByType<infer Types>
              ? Typed<Types>
              : { readonly [Name in keyof S]: Shaped<S[Name]> };
type Typed<Types> = {
  [T in keyof Types]: { readonly type: T } & Shaped<Types[T]> extends infer Value
    ? { readonly [Name in keyof Value]: Value[Name] }
    : never;
}[keyof Types];

export const orNull = <S extends Shape>(shape: S) => new OrNull(shape);
export const list = <S extends Shape>(shape: S) => new ListOf(shape);
