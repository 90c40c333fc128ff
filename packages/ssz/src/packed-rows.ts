import { ChunkRows } from './chunk-rows.ts';
import type { Output } from './columns.ts';

const CHUNK = 32;
/** A chunk in 32-bit words. */
const WORDS = 8;
/** Most bytes of a page, unless one row has more. */
const PAGE_BYTES = 1 << 16;
/** Rows hashed side by side: enough to fill a vector unit, few enough to stay near the processor. */
const GROUP = 256;

/** How rows of one kind are serialised and hashed. */
export interface RowFormat<Row> {
  readonly maxSize: number;
  /** Gives where the row ends. */
  value_serializeToBytes(output: Output, at: number, row: Readonly<Row>): number;
  writeFields(output: Output, at: number, change: Partial<Row>): boolean;
  rootsOfChunks(chunks: ChunkRows, sizes: readonly number[]): Uint8Array;
}

interface Page extends Output {
  readonly words: Uint32Array;
}

/**
 * Rows as the chunks they are hashed from. A row that changes has only the fields written that do, and to hash it
 * nothing else is read: its values lie all over the heap, and to fetch them takes longer than to hash them.
 *
 * PERF(settlement): a tenth of the CPU. At worst, when whole rows are put in the place of others, it saves nothing.
 */
export class PackedRows<Row> {
  readonly #type: RowFormat<Row>;
  readonly #stride: number;
  /** A page has 2^this rows. */
  readonly #pageBits: number;
  readonly #pages: Page[] = [];
  /** Rows before the first page that is kept. */
  #start = 0;
  /** Bytes of each row. */
  readonly #sizes: number[] = [];
  readonly #chunks = new ChunkRows();

  constructor(type: RowFormat<Row>) {
    this.#type = type;
    this.#stride = chunksOf(type.maxSize) * CHUNK;
    let pageBits = 0;
    while (this.#stride << (pageBits + 1) <= PAGE_BYTES) pageBits++;
    this.#pageBits = pageBits;
  }

  /** Lets go of the rows before `index`, which are not asked for any more. */
  release(index: number): void {
    const pages = (index - this.#start) >>> this.#pageBits;
    this.#pages.splice(0, pages);
    this.#sizes.splice(0, pages << this.#pageBits);
    this.#start += pages << this.#pageBits;
  }

  /** Writes a row at `index`, which is at most the number of rows. */
  set(index: number, row: Readonly<Row>): void {
    const page = this.#pageOf(index);
    const at = this.#placeOf(index);
    const end = this.#type.value_serializeToBytes(page, at, row);
    // A longer row may have been here before.
    const before = this.#sizes[index - this.#start] ?? 0;
    if (end - at < before) page.uint8Array.fill(0, end, at + before);
    this.#sizes[index - this.#start] = end - at;
  }

  /** Writes those fields of a row that are in `change`; `row` is what it has become. */
  update(index: number, change: Partial<Row>, row: Readonly<Row>): void {
    if (!this.#type.writeFields(this.#pageOf(index), this.#placeOf(index), change)) this.set(index, row);
  }

  /** The roots of the rows at `indexes`, 32 bytes each. */
  rootsOf(indexes: Uint32Array): Uint8Array {
    const roots = new Uint8Array(indexes.length * CHUNK);
    for (let start = 0; start < indexes.length; start += GROUP) {
      roots.set(this.#rootsOfGroup(indexes.subarray(start, start + GROUP)), start * CHUNK);
    }
    return roots;
  }

  #rootsOfGroup(indexes: Uint32Array): Uint8Array {
    const sizes = Array.from(indexes, (index) => this.#sizes[index - this.#start] as number);
    const width = chunksOf(Math.max(...sizes));
    const chunks = this.#chunks.clear(indexes.length, width);
    const words = new Uint32Array(chunks.target(0).uint8Array.buffer);
    let place = 0;
    for (const index of indexes) {
      const { words: source } = this.#pageOf(index);
      const from = this.#placeOf(index) >> 2;
      for (let word = 0; word < width * WORDS; word++) words[place++] = source[from + word] as number;
    }
    return this.#type.rootsOfChunks(chunks, sizes);
  }

  #pageOf(index: number): Page {
    const number = (index - this.#start) >>> this.#pageBits;
    const page = this.#pages[number];
    if (page !== undefined) return page;
    const uint8Array = new Uint8Array(this.#stride << this.#pageBits);
    const { buffer } = uint8Array;
    const made = { uint8Array, dataView: new DataView(buffer), words: new Uint32Array(buffer) };
    this.#pages[number] = made;
    return made;
  }

  /** Where a row begins in its page. */
  #placeOf(index: number): number {
    return (index & ((1 << this.#pageBits) - 1)) * this.#stride;
  }
}

function chunksOf(bytes: number): number {
  return (bytes + CHUNK - 1) >> 5;
}
