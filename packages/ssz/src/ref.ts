import type { BasicType } from '@chainsafe/ssz';
import { UintType } from './uint.ts';

declare const brand: unique symbol;

/**
 * A number of something of one name: the index of a row, or an id. It is a number wherever one is wanted, and a number
 * that says nothing of itself is taken for one; a number of something else is not.
 */
export type Ref<Name extends string> = number & { readonly [brand]?: Name };

class NumberOf<Name extends string> extends UintType {
  readonly name: Name;
  readonly noun: string;

  constructor(name: Name, noun: string, byteLength: 2 | 4 = 4) {
    super(byteLength);
    this.name = name;
    this.noun = noun;
  }

  of(number: unknown): Ref<Name> {
    if (typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= this.max) return number;
    throw new RangeError(`${JSON.stringify(number)} is no ${this.noun}: a whole number from 0 to ${this.max}`);
  }
  read(text: string): Ref<Name> | null {
    return /^\d{1,10}$/.test(text) && Number(text) <= this.max ? this.of(Number(text)) : null;
  }
  describe(index: Ref<Name>): string {
    return `${this.noun} ${index}`;
  }

  override fromJson(json: unknown): number {
    return this.of(json);
  }
}

/** The type of numbers of something of one name; in SSZ and in JSON the number alone. */
export type RefType<Name extends string> = BasicType<Ref<Name>> & {
  readonly name: Name;
  /** What one is called: "miner". */
  readonly noun: string;
  readonly max: number;
  /** What a number from outside refers to. Throws RangeError when that is nothing. */
  of(number: unknown): Ref<Name>;
  /** What the digits that a person wrote refer to; null when that is nothing. */
  read(text: string): Ref<Name> | null;
  /** It in words: "miner 7". */
  describe(index: Ref<Name>): string;
};
// The library's type of integers has numbers of no name.
export const RefType = NumberOf as unknown as new <Name extends string>(
  name: Name,
  noun: string,
  byteLength?: 2 | 4,
) => RefType<Name>;
