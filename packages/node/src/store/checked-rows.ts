import { crc32 } from 'node:zlib';
import type { Shaped } from '@assay/ssz';
import { NotOfShape, type ShapeCodec } from './shape-codec.ts';

const checksumBytes = 4;

/** Rows of views, each behind its checksum: a view is only as good as what reads it. */
export class CheckedRows {
  /** Where a checksum begins, so that a row written in another layout does not fit its own. */
  readonly #start: number;

  constructor(...kinds: readonly { readonly layout: Uint8Array }[]) {
    this.#start = kinds.reduce((sum, { layout }) => crc32(layout, sum), 0);
  }

  encode<S>(row: ShapeCodec<S>, value: Shaped<S>): Buffer {
    const content = row.encode(value);
    const checksum = Buffer.alloc(checksumBytes);
    checksum.writeUInt32LE(crc32(content, this.#start));
    return Buffer.concat([checksum, content]);
  }

  /** What was encoded; null when that is damaged, or has another layout. */
  decode<S>(row: ShapeCodec<S>, stored: Buffer): Shaped<S> | null {
    const content = stored.subarray(checksumBytes);
    if (stored.length < checksumBytes || stored.readUInt32LE() !== crc32(content, this.#start)) return null;
    try {
      return row.decode(content);
    } catch (error) {
      if (error instanceof NotOfShape) return null;
      throw error;
    }
  }
}
