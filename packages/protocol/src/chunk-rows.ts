import { hashInto, zeroNode } from '@chainsafe/persistent-merkle-tree';
import type { Type } from '@chainsafe/ssz';

const CHUNK = 32;

/** One field of many values; to copy it into an array of its own costs more than to hash it. */
export interface Column {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly name: string;
}

/**
 * Equally many chunks of each of many values, side by side, which merkleises all the values at once. One is used again
 * and again: memory outside the heap, taken anew for every group, makes the collector run without end.
 */
export class ChunkRows {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #output: { readonly uint8Array: Uint8Array; readonly dataView: DataView };
  /** Chunks of a row. */
  #width = 0;
  #rows = 0;

  /** Room for up to `maxRows` rows of up to `maxWidth` chunks. */
  constructor(maxRows: number, maxWidth: number) {
    this.#bytes = new Uint8Array(maxRows * (maxWidth + 1) * CHUNK);
    this.#output = { uint8Array: this.#bytes, dataView: new DataView(this.#bytes.buffer) };
  }

  /** Begins with `rows` rows of `width` chunks of zeros. */
  clear(rows: number, width: number): this {
    this.#rows = rows;
    this.#width = width;
    this.#bytes.fill(0, 0, rows * width * CHUNK);
    return this;
  }

  /** Serialises the values of a column from their rows' chunks at `place` on; for basic values and lists of them. */
  serialize(place: number, type: Type<unknown>, { rows, name }: Column): void {
    for (let row = 0; row < rows.length; row++) {
      type.value_serializeToBytes(this.#output, this.#at(row, place), rows[row]?.[name]);
    }
  }

  /** Puts the root of each value of a column into its row's chunk at `place`. */
  hash(place: number, type: Type<unknown>, { rows, name }: Column): void {
    for (let row = 0; row < rows.length; row++) {
      type.hashTreeRootInto(rows[row]?.[name], this.#bytes, this.#at(row, place));
    }
  }

  /** Puts the chunks of `chunks`, one a row, at `place`. */
  put(place: number, chunks: Uint8Array): void {
    for (let row = 0; row < this.#rows; row++) {
      this.#bytes.set(chunks.subarray(row * CHUNK, (row + 1) * CHUNK), this.#at(row, place));
    }
  }

  /**
   * The root of each row over 2^depth chunks, those after the present ones zero. Uses up the chunks; the roots stand
   * until the next `clear`.
   */
  roots(depth: number): Uint8Array {
    let width = this.#width;
    for (let height = 0; height < depth; height++) {
      if (width % 2 === 1) this.#widen(width++, zeroNode(height).root);
      const level = this.#bytes.subarray(0, this.#rows * width * CHUNK);
      width >>= 1;
      hashInto(level, level.subarray(0, this.#rows * width * CHUNK));
    }
    return this.#bytes.subarray(0, this.#rows * CHUNK);
  }

  #at(row: number, place: number): number {
    return (row * this.#width + place) * CHUNK;
  }

  /** Puts `node` at the end of each row of `width` nodes. */
  #widen(width: number, node: Uint8Array): void {
    const length = width * CHUNK;
    for (let row = this.#rows - 1; row >= 0; row--) {
      const target = row * (length + CHUNK);
      this.#bytes.copyWithin(target, row * length, (row + 1) * length);
      this.#bytes.set(node, target + length);
    }
  }
}
