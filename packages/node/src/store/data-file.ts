import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { AssayError } from '../errors.ts';

export const pageBytes = 4096;
/** Pages LMDB may have numbered but not written: those a transaction took and gave back. */
const unwrittenPages = 1024;
const magic = 0xbeefc0de;
const offsets = { magic: 24, lastPage: 144, transaction: 152, end: 160 } as const;

/**
 * Looks at LMDB's two head pages before LMDB maps the file: a file that is something else, or was cut short, would end
 * the process with a signal instead of a sentence. Throws AssayError DATA_DAMAGED; a missing or empty file is new.
 */
export function inspectDataFile(path: string): void {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    const { size } = fstatSync(file);
    if (size > 0) checkHeads(path, size, [readHead(file, 0), readHead(file, pageBytes)]);
  } finally {
    closeSync(file);
  }
}

function readHead(file: number, position: number): DataView {
  const bytes = new Uint8Array(offsets.end);
  readSync(file, bytes, 0, bytes.length, position);
  return new DataView(bytes.buffer);
}

function checkHeads(path: string, size: number, heads: readonly DataView[]): void {
  const damaged = (what: string) => new AssayError('DATA_DAMAGED', `${path} ${what}.`, { action: 'stop' });
  if (heads.some((head) => head.getUint32(offsets.magic, true) !== magic)) throw damaged('does not begin as it should');
  const [newest] = heads.toSorted((a, b) => transactionOf(b) - transactionOf(a));
  const pages = newest === undefined ? 0 : Number(newest.getBigUint64(offsets.lastPage, true)) + 1;
  if ((pages - unwrittenPages) * pageBytes > size) throw damaged('was cut short');
}

function transactionOf(head: DataView): number {
  return Number(head.getBigUint64(offsets.transaction, true));
}
