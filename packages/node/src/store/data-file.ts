import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { Flaw, Pages, pageBytes, type Tree, treeAt } from './pages.ts';

const magic = 0xbeefc0de;
const format = 2;
const offsets = { magic: 24, format: 28, free: 48, main: 96, lastPage: 144, transaction: 152, end: 160 } as const;
/** Pages LMDB may have numbered but not written: those a transaction took and gave back. */
const unwrittenPages = 1024;

/** What of a data file cannot be read. */
export interface Damage {
  /** `file` for all of it, `free` for LMDB's list of free pages, or the name of a table. */
  readonly part: string;
  /** Completes a sentence that begins with the part. */
  readonly what: string;
}

/**
 * §16.1 Looks at every page a data file uses before LMDB maps it: one that is missing or something else would end the
 * process with a signal instead of a sentence. A missing or empty file is new.
 */
export function inspectDataFile(path: string): Damage[] {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  try {
    if (fstatSync(file).size === 0) return [];
    const head = newestHead(file);
    const damage = head === null ? [{ part: 'file', what: 'does not begin as it should' }] : damageOf(file, head);
    // A process that writes meanwhile looked at the file when it opened it.
    return head !== null && newestHead(file)?.equals(head) === false ? [] : damage;
  } finally {
    closeSync(file);
  }
}

/** The head page of the last transaction; null when one of the two is none. */
function newestHead(file: number): Buffer | null {
  const heads = [0, pageBytes].map((at) => {
    const head = Buffer.alloc(offsets.end);
    readSync(file, head, 0, head.length, at);
    return head;
  });
  const isHead = (head: Buffer) =>
    head.readUInt32LE(offsets.magic) === magic &&
    (head.readUInt32LE(offsets.format) & 0xffff) === format &&
    head.readUInt32LE(offsets.free) === pageBytes;
  const transaction = (head: Buffer) => head.readBigUInt64LE(offsets.transaction);
  const [newest] = heads.toSorted((a, b) => (transaction(a) < transaction(b) ? 1 : -1));
  return heads.every(isHead) ? (newest ?? null) : null;
}

function damageOf(file: number, head: Buffer): Damage[] {
  const known = Number(head.readBigUInt64LE(offsets.lastPage)) + 1;
  const present = Math.floor(fstatSync(file).size / pageBytes);
  if (known - unwrittenPages > present) return [{ part: 'file', what: 'was cut short' }];
  const pages = new Pages(file, Math.min(known, present));
  const damage: Damage[] = [];
  const attempt = (part: string, walk: () => void) => {
    try {
      walk();
    } catch (error) {
      if (!(error instanceof Flaw)) throw error;
      damage.push({ part, what: error.message });
    }
  };
  const tables: [name: string, tree: Tree][] = [];
  attempt('file', () =>
    pages.walk(treeAt(head, offsets.main), ({ key, subTree }) => {
      if (subTree !== null) tables.push([key.toString('utf8').replace(/\0$/, ''), subTree]);
    }),
  );
  for (const [name, tree] of tables) attempt(name, () => pages.walk(tree));
  attempt('free', () => pages.walk(treeAt(head, offsets.free), ({ value }) => checkFree(value(), known, pages)));
  return damage;
}

/** A record of the free list: how many numbers follow, then pages, or below zero the lengths of their runs. */
function checkFree(record: Buffer, pageCount: number, pages: Pages): void {
  const numbers = Array.from({ length: Math.floor(record.length / 8) }, (_, i) => Number(record.readBigInt64LE(8 * i)));
  const [count = -1, ...listed] = numbers;
  if (count < 0 || count > listed.length) throw new Flaw('has a broken record');
  for (const number of listed.slice(0, count)) {
    if (Math.abs(number) >= pageCount || number === 1) throw new Flaw(`names page ${number}`);
    if (number > 1 && pages.isUsed(number)) throw new Flaw(`names page ${number}, which is in use`);
  }
}
