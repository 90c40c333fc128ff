import { readSync } from 'node:fs';

export const pageBytes = 4096;
const headerBytes = 24;
const nodeHeaderBytes = 8;
const treeBytes = 48;
const overflowBytes = 24;

/** Kinds of pages; what a node's data is; a table with whole numbers as keys. */
const kinds = { branch: 1, leaf: 2, overflow: 4 } as const;
const allKinds = 0x2f;
const nodeFlags = { big: 1, subTree: 2 } as const;
const integerKeys = 8;

/** A tree of a data file, as LMDB describes it. */
export interface Tree {
  readonly root: bigint;
  readonly depth: number;
  readonly entries: number;
  readonly hasIntegerKeys: boolean;
}

/** An entry of a leaf. */
export interface Entry {
  readonly key: Buffer;
  /** Reads the value, wherever it lies. */
  value(): Buffer;
  readonly subTree: Tree | null;
}

/** Why a tree cannot be read. */
export class Flaw extends Error {}

/** Reads a tree's description at an offset in a page. */
export function treeAt(page: Buffer, at: number): Tree {
  return {
    hasIntegerKeys: (page.readUInt16LE(at + 4) & integerKeys) !== 0,
    depth: page.readUInt16LE(at + 6),
    entries: Number(page.readBigUInt64LE(at + 32)),
    root: page.readBigUInt64LE(at + 40),
  };
}

const noRoot = 0xffff_ffff_ffff_ffffn;

/** Walks the trees of a data file by reading it, never by mapping it: what is damaged cannot end the process. */
export class Pages {
  readonly #file: number;
  readonly #count: number;
  readonly #used: Uint8Array;

  /** `count`: pages the file may use; each is used once. */
  constructor(file: number, count: number) {
    this.#file = file;
    this.#count = count;
    this.#used = new Uint8Array(Math.ceil(count / 8));
  }

  /** Checks every page of a tree and passes its entries to `visit`. Throws Flaw. */
  walk(tree: Tree, visit: (entry: Entry) => void = () => {}): void {
    if (tree.root === noRoot) {
      if (tree.entries !== 0) throw new Flaw('has entries and no pages');
      return;
    }
    const walked = { entries: 0, last: Buffer.alloc(0) };
    this.#walkPage(Number(tree.root), 1, { tree, walked, visit });
    if (walked.entries !== tree.entries) throw new Flaw(`has ${walked.entries} entries, not ${tree.entries}`);
  }

  /** Whether a tree that was walked uses the page. */
  isUsed(number: number): boolean {
    return ((this.#used[number >> 3] ?? 0) & (1 << (number & 7))) !== 0;
  }

  #walkPage(
    number: number,
    depth: number,
    walk: { tree: Tree; walked: { entries: number; last: Buffer }; visit: (entry: Entry) => void },
  ): void {
    const { tree, walked, visit } = walk;
    const isLeaf = depth === tree.depth;
    const page = this.#take(number, 1, isLeaf ? kinds.leaf : kinds.branch);
    for (const [index, at] of nodesOf(page, number).entries()) {
      const keyBytes = page.readUInt16LE(at + 6);
      const dataAt = at + nodeHeaderBytes + keyBytes;
      if (dataAt > pageBytes) throw new Flaw(`has a key across the end of page ${number}`);
      const key = page.subarray(at + nodeHeaderBytes, dataAt);
      if (!isLeaf) {
        this.#walkPage(page.readUInt32LE(at) + page.readUInt16LE(at + 4) * 2 ** 32, depth + 1, walk);
        continue;
      }
      const isFirst = walked.entries === 0 && index === 0;
      if (!isFirst && !tree.hasIntegerKeys && walked.last.compare(key) >= 0)
        throw new Flaw(`has keys out of order on page ${number}`);
      walked.last = key;
      walked.entries++;
      visit(this.#entry(page, { at, dataAt, key, number }));
    }
  }

  #entry(page: Buffer, node: { at: number; dataAt: number; key: Buffer; number: number }): Entry {
    const { at, dataAt, key, number } = node;
    const flags = page.readUInt16LE(at + 4);
    const size = page.readUInt32LE(at);
    const isBig = (flags & nodeFlags.big) !== 0;
    const end = dataAt + (isBig ? overflowBytes : size);
    if (end > pageBytes) throw new Flaw(`has a value across the end of page ${number}`);
    const field = page.subarray(dataAt, end);
    if (isBig) {
      const first = this.#takeOverflow(field, size);
      return { key, value: () => this.#read(first * pageBytes + headerBytes, size), subTree: null };
    }
    const isTree = (flags & nodeFlags.subTree) !== 0 && size === treeBytes;
    return { key, value: () => field, subTree: isTree ? treeAt(field, 0) : null };
  }

  #takeOverflow(field: Buffer, size: number): number {
    const first = Number(field.readBigUInt64LE(0));
    const pages = Number(field.readBigUInt64LE(16));
    // A smaller value may have been written into the pages of a larger one.
    if (pages < Math.floor((headerBytes - 1 + size) / pageBytes) + 1)
      throw new Flaw(`has a value of ${size} bytes on ${pages} pages`);
    const page = this.#take(first, pages, kinds.overflow);
    if (page.readUInt32LE(20) !== pages) throw new Flaw(`has pages ${first} and ${pages - 1} more of another value`);
    return first;
  }

  /** The first of `pages` pages, which nothing else may use. */
  #take(first: number, pages: number, kind: number): Buffer {
    if (first < 2 || first + pages > this.#count) throw new Flaw(`is cut short: it needs page ${first + pages - 1}`);
    for (let number = first; number < first + pages; number++) {
      if (this.isUsed(number)) throw new Flaw(`uses page ${number} twice`);
      this.#used[number >> 3] = (this.#used[number >> 3] ?? 0) | (1 << (number & 7));
    }
    const page = this.#read(first * pageBytes, pageBytes);
    const isOwn = page.readBigUInt64LE(0) === BigInt(first) && (page.readUInt16LE(18) & allKinds) === kind;
    if (!isOwn) throw new Flaw(`has something else on page ${first}`);
    return page;
  }

  #read(at: number, size: number): Buffer {
    const bytes = Buffer.alloc(size);
    if (readSync(this.#file, bytes, 0, size, at) < size) throw new Flaw(`is cut short at byte ${at}`);
    return bytes;
  }
}

/** Where the nodes of a page begin, in the order of their keys. Throws Flaw. */
function nodesOf(page: Buffer, number: number): number[] {
  const [lower, upper] = [page.readUInt16LE(20), page.readUInt16LE(22)];
  const isSound = lower % 2 === 0 && lower > 0 && lower <= upper && upper + headerBytes <= pageBytes;
  if (!isSound) throw new Flaw(`has a broken page ${number}`);
  return Array.from({ length: lower / 2 }, (_, i) => {
    const at = page.readUInt16LE(headerBytes + 2 * i) + headerBytes;
    if (at < upper + headerBytes || at + nodeHeaderBytes > pageBytes) throw new Flaw(`has a broken page ${number}`);
    return at;
  });
}
