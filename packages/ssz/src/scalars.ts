import {
  BooleanType,
  ByteListType,
  ByteVectorType,
  ListBasicType,
  UintBigintType,
  type ValueOf,
  VectorBasicType,
} from '@chainsafe/ssz';
import './length-buffer.ts';
import { writeLittleEndian } from './hash.ts';
import { byValue } from './struct.ts';
import { TextType } from './text.ts';
import { UintType } from './uint.ts';

export type { ValueOf };

/** An integer below 2^64 as a bigint; in JSON a decimal string. */
export class BigUintType extends UintBigintType {
  readonly #what: string;

  constructor(what: string) {
    super(8);
    this.#what = what;
  }

  override hashTreeRootInto(value: bigint, output: Uint8Array, offset: number): void {
    output.fill(0, offset, offset + 32);
    writeLittleEndian(output, offset, Number(value & 0xffff_ffffn), 4);
    writeLittleEndian(output, offset + 4, Number(value >> 32n), 4);
  }
  override fromJson(json: unknown): bigint {
    if (typeof json !== 'string' || !/^\d{1,20}$/.test(json) || BigInt(json) >= 1n << 64n) {
      throw new Error(`${JSON.stringify(json)} is not ${this.#what}: a string of digits, below 2^64`);
    }
    return BigInt(json);
  }
}

/** Bytes that fill at most one chunk, which is then their root. */
export class ShortBytesType extends ByteVectorType {
  override hashTreeRootInto(value: Uint8Array, output: Uint8Array, offset: number): void {
    if (value.length !== this.lengthBytes) throw new Error(`${value.length} bytes where ${this.lengthBytes} belong`);
    output.fill(0, offset + value.length, offset + 32);
    output.set(value, offset);
  }
}

export const U8 = new UintType(1);
export const U16 = new UintType(2);
export const U32 = new UintType(4);
export const Bool = new BooleanType();
export const Bytes32 = new ShortBytesType(32);
/** Text of at most `limitBytes` bytes. */
export const textOf = (limitBytes: number) => new TextType(limitBytes);
/** At most `limitBytes` bytes, whatever they are; in JSON hexadecimal. */
export const bytesOf = (limitBytes: number) => new ByteListType(limitBytes);
/** A list of at most `limit` 32-bit integers. */
export const listOfU32 = (limit: number) => byValue(new ListBasicType(U32, limit));
/** Exactly `length` 32-bit integers. */
export const vectorOfU32 = (length: number) => byValue(new VectorBasicType(U32, length));
