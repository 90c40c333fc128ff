import {
  BooleanType,
  ByteListType,
  ByteVectorType,
  ListBasicType,
  ListCompositeType,
  UintBigintType,
  type ValueOf,
  VectorBasicType,
} from '@chainsafe/ssz';
import './length-buffer.ts';
import { addressText, parseAddress } from './address.ts';
import { writeLittleEndian } from './hash.ts';
import { limits } from './limits.ts';
import { byValue } from './struct.ts';
import { TextType } from './text.ts';
import { UintType } from './uint.ts';

export type { ValueOf };

/** An integer below 2^64 as a bigint; in JSON a decimal string. */
class BigUintType extends UintBigintType {
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
class ShortBytesType extends ByteVectorType {
  override hashTreeRootInto(value: Uint8Array, output: Uint8Array, offset: number): void {
    if (value.length !== this.lengthBytes) throw new Error(`${value.length} bytes where ${this.lengthBytes} belong`);
    output.fill(0, offset + value.length, offset + 32);
    output.set(value, offset);
  }
}

/** A 20-byte address; in JSON `assay1…`. */
class AddressType extends ShortBytesType {
  override fromJson(json: unknown): Uint8Array {
    const address = typeof json === 'string' ? parseAddress(json) : null;
    if (address === null) throw new Error(`${JSON.stringify(json)} is not an address (assay1…)`);
    return address;
  }
  override toJson(value: Uint8Array): string {
    return addressText(value);
  }
}

export const U8 = new UintType(1);
export const U16 = new UintType(2);
export const U32 = new UintType(4);
/** Height of a block, or a height to come (§2.11). */
export const Height = new UintType(8, limits.maxHeight);
/** Unix time or a span of it, milliseconds. */
export const TimeMs = new UintType(8, limits.maxTimeMs);
/** How many there were of something that only grows. */
export const Count = new UintType(8, limits.maxCount);
/** An amount of money, base units. */
export const Units = new BigUintType('an amount in base units');
/**
 * A number that may grow beyond 2^53 and is no money: work (VWU), a weight, tokens, bytes or milliseconds added up. The
 * name of its field says of what.
 */
export const Quantity = new BigUintType('a quantity');
export const Bool = new BooleanType();
export const Address = new AddressType(20);
export const Bytes32 = new ShortBytesType(32);
export const BlsPublicKey = new ByteVectorType(48);
export const BlsSignature = new ByteVectorType(96);
export const Ed25519Signature = new ByteVectorType(64);
export const Name = new TextType(limits.maxNameBytes);
/** Text of at most `limitBytes` bytes. */
export const textOf = (limitBytes: number) => new TextType(limitBytes);
/** At most `limitBytes` bytes, whatever they are; in JSON hexadecimal. */
export const bytesOf = (limitBytes: number) => new ByteListType(limitBytes);
/** A list of at most `limit` 32-bit integers. */
export const listOfU32 = (limit: number) => byValue(new ListBasicType(U32, limit));
/** A list of at most `limit` quantities. */
export const listOfQuantities = (limit: number) => byValue(new ListBasicType(Quantity, limit));
/** A list of at most `limit` addresses. */
export const listOfAddresses = (limit: number) => byValue(new ListCompositeType(Address, limit));
/** Exactly `length` 32-bit integers. */
export const vectorOfU32 = (length: number) => byValue(new VectorBasicType(U32, length));
