import { digest64, hashInto, zeroNode } from '@chainsafe/persistent-merkle-tree';
import { littleEndian } from './hash.ts';

const CHUNK = 32;
/** A chunk in 32-bit words. */
const WORDS = 8;
/** Pairs hashed at once. */
const GROUP = 1024;

/** One level of a tree: its nodes side by side, and zero nodes up to the capacity. */
interface Level {
  readonly words: Uint32Array;
  readonly bytes: Uint8Array;
}

/**
 * The Merkle tree of a growing row of chunks, flat in memory level by level, so that what changed is hashed again side
 * by side. Its root is that of the SSZ vector or container with these chunks, padded with zeros to 2^depth.
 *
 * PERF(receipts): a receipt takes 33 µs of CPU, and 55 when a changed row hashes its table of 100,000 again.
 * At worst, when every row changed, it saves nothing.
 */
export class ChunkTree {
  readonly #depth: number;
  /** Level 0 holds the chunks; only the levels below the first node that covers them all are kept. */
  readonly #levels: Level[] = [];
  #length = 0;
  /** Indexes of the chunks whose parents are still to be hashed. */
  #changed: Uint32Array[] = [];

  constructor(depth: number) {
    this.#depth = depth;
  }

  /** The index after the last chunk. */
  get length(): number {
    return this.#length;
  }

  /** Puts chunks, 32 bytes each, at `indexes`, which rise. */
  set(indexes: Uint32Array, chunks: Uint8Array): void {
    const last = indexes.at(-1);
    if (last === undefined) return;
    this.#length = Math.max(this.#length, last + 1);
    scatter(this.#levelOf(0).words, indexes, new Uint32Array(chunks.buffer, chunks.byteOffset, chunks.length >> 2));
    this.#changed.push(indexes);
  }

  /** Takes out the chunks at `indexes`, which rise; those after them move up. */
  drop(indexes: Uint32Array): void {
    if (indexes.length === 0) return;
    const { words } = this.#levelOf(0);
    let end = indexes[0] as number;
    for (const [i, index] of indexes.entries()) {
      const next = indexes[i + 1] ?? this.#length;
      words.copyWithin(end * WORDS, (index + 1) * WORDS, next * WORDS);
      end += next - index - 1;
    }
    words.fill(0, end * WORDS);
    this.#length = end;
    // What stands above moved chunks is another node than before.
    this.#levels.length = 1;
    this.#changed = [Uint32Array.from({ length: end }, (_, index) => index)];
  }

  root(): Uint8Array {
    this.#hashChanged();
    let height = 0;
    while (this.#count(height) > 1) height++;
    let node = this.#length === 0 ? zeroNode(height).root : this.#node(height, 0);
    for (; height < this.#depth; height++) node = digest64(node, zeroNode(height).root);
    return node;
  }

  /** The siblings from the chunk at `index` up to the root, lowest first. */
  path(index: number): Uint8Array[] {
    this.#hashChanged();
    let at = index;
    return Array.from({ length: this.#depth }, (_, height) => {
      const sibling = at ^ 1;
      at >>>= 1;
      return sibling < this.#count(height) ? this.#node(height, sibling) : zeroNode(height).root;
    });
  }

  #hashChanged(): void {
    let changed = parentsOf(this.#changed);
    this.#changed = [];
    const pairs = new Uint32Array(Math.min(changed.length, GROUP) * 2 * WORDS);
    for (let height = 0; changed.length > 0 && this.#count(height) > 1; height++) {
      const { words: below } = this.#levelOf(height);
      const { words: above } = this.#levelOf(height + 1);
      for (let start = 0; start < changed.length; start += GROUP) {
        hashPairs(below, above, { parents: changed.subarray(start, start + GROUP), pairs });
      }
      changed = parentsOf([changed]);
    }
  }

  /** How many nodes of a level stand above chunks. */
  #count(height: number): number {
    return this.#length === 0 ? 0 : ((this.#length - 1) >>> height) + 1;
  }

  #node(height: number, index: number): Uint8Array {
    return this.#levelOf(height).bytes.slice(index * CHUNK, (index + 1) * CHUNK);
  }

  /** The level with room for all its nodes and the sibling of the last. */
  #levelOf(height: number): Level {
    const present = this.#levels[height];
    const needed = (this.#count(height) + 1) * WORDS;
    if (present !== undefined && present.words.length >= needed) return present;
    const level = zeroLevel(zeroNode(height).root, present === undefined ? needed : 2 * needed);
    if (present !== undefined) level.words.set(present.words);
    this.#levels[height] = level;
    return level;
  }
}

/** The root of an SSZ list from the root over its chunks. */
export function withLength(chunksRoot: Uint8Array, length: number): Uint8Array {
  return digest64(chunksRoot, lengthChunk(length));
}

/** The chunk that stands beside the root over a list's chunks. */
export function lengthChunk(length: number): Uint8Array {
  const chunk = new Uint8Array(CHUNK);
  chunk.set(littleEndian(length, 8));
  return chunk;
}

function zeroLevel(zero: Uint8Array, length: number): Level {
  const words = new Uint32Array(length);
  const bytes = new Uint8Array(words.buffer);
  bytes.set(zero);
  for (let filled = WORDS; filled < length; filled *= 2) words.copyWithin(filled, 0, filled);
  return { words, bytes };
}

/** The indexes above `indexes`, rising, each once. */
function parentsOf(indexes: readonly Uint32Array[]): Uint32Array {
  const parents = new Uint32Array(indexes.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const some of indexes) {
    for (const index of some) parents[end++] = index >>> 1;
  }
  if (indexes.length > 1) parents.sort((a, b) => a - b);
  let count = 0;
  for (const parent of parents) if (count === 0 || parents[count - 1] !== parent) parents[count++] = parent;
  return parents.subarray(0, count);
}

/** Hashes the two nodes under each parent; `pairs` is room for all of them. */
function hashPairs(
  below: Uint32Array,
  above: Uint32Array,
  { parents, pairs }: { readonly parents: Uint32Array; readonly pairs: Uint32Array },
): void {
  for (let i = 0; i < parents.length; i++) {
    const source = (parents[i] as number) * 2 * WORDS;
    for (let word = 0; word < 2 * WORDS; word++) pairs[i * 2 * WORDS + word] = below[source + word] as number;
  }
  const bytes = new Uint8Array(pairs.buffer, 0, parents.length * 2 * CHUNK);
  hashInto(bytes, bytes.subarray(0, parents.length * CHUNK));
  scatter(above, parents, pairs);
}

function scatter(level: Uint32Array, indexes: Uint32Array, nodes: Uint32Array): void {
  for (let i = 0; i < indexes.length; i++) {
    const target = (indexes[i] as number) * WORDS;
    for (let word = 0; word < WORDS; word++) level[target + word] = nodes[i * WORDS + word] as number;
  }
}
