import {
  type BitArray,
  BitListType,
  BooleanType,
  ByteListType,
  ByteVectorType,
  ListBasicType,
  UintBigintType,
  type ValueOf,
  VectorBasicType,
} from '@chainsafe/ssz';
import './length-buffer.ts';
import { fromHex, writeLittleEndian } from './hash.ts';
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

/** The library reads digits that are none as zeros. */
function hexadecimal(json: unknown): string {
  if (typeof json === 'string' && fromHex(json) !== null) return json;
  throw new Error(`${JSON.stringify(json)} is not hexadecimal`);
}

/** Exactly so many bytes; in JSON hexadecimal. */
export class BytesType extends ByteVectorType {
  override fromJson(json: unknown): Uint8Array {
    return super.fromJson(hexadecimal(json));
  }
}

class ByteListOfHexType extends ByteListType {
  override fromJson(json: unknown): Uint8Array {
    return super.fromJson(hexadecimal(json));
  }
}

class BitListOfHexType extends BitListType {
  override fromJson(json: unknown): BitArray {
    return super.fromJson(hexadecimal(json));
  }
}

/** Bytes that fill at most one chunk, which is then their root. */
export class ShortBytesType extends BytesType {
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
export const bytesOf = (limitBytes: number) => new ByteListOfHexType(limitBytes);
/** At most `limit` bits; in JSON hexadecimal. */
export const bitsOf = (limit: number) => new BitListOfHexType(limit);
/** A list of at most `limit` 32-bit integers. */
export const listOfU32 = (limit: number) => byValue(new ListBasicType(U32, limit));
/** Exactly `length` 32-bit integers. */
export const vectorOfU32 = (length: number) => byValue(new VectorBasicType(U32, length));
