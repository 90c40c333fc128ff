import { type ByteViews, UintNumberType } from '@chainsafe/ssz';
import { writeLittleEndian } from './hash.ts';

/** An unsigned integer of at most `max`, below 2^53; in JSON a plain number. */
export class UintType extends UintNumberType {
  readonly max: number;

  constructor(byteLength: 1 | 2 | 4 | 8, max = 2 ** (8 * byteLength) - 1) {
    super(byteLength);
    this.max = max;
  }

  override hashTreeRootInto(value: number, output: Uint8Array, offset: number): void {
    output.fill(0, offset, offset + 32);
    writeLittleEndian(output, offset, value, this.byteLength);
  }
  // Two encodings of one value would break signatures and state roots, and a double is not exact above 2^53.
  override value_deserializeFromBytes(data: ByteViews, start: number, end: number): number {
    const value = super.value_deserializeFromBytes(data, start, end);
    if (value > this.max) throw new Error(`an integer of the message is ${value}; at most ${this.max} is possible`);
    return value;
  }
  override fromJson(json: unknown): number {
    if (typeof json !== 'number' || !Number.isInteger(json) || json < 0 || json > this.max) {
      throw new Error(`${JSON.stringify(json)} is not a whole number from 0 to ${this.max}`);
    }
    // Not minus zero, which no bytes give.
    return json + 0;
  }
  // The base class declares a string; JSON readers are better served by a number.
  override toJson(value: number): string {
    return value as unknown as string;
  }
}
