import { closeSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { AssayError } from '@assay/protocol';

export const dataFile = 'data.mdb';

/** LMDB's own numbers for a file it cannot make sense of, and for one that may not grow. */
const damagedCodes: readonly unknown[] = [-30797, -30796, -30795, -30794, -30793];
const mapFull = -30792;
const errno = { ENOSPC: 28, EFBIG: 27, EDQUOT: 122 } as const;
const fullCodes: readonly unknown[] = [mapFull, ...Object.keys(errno), ...Object.values(errno)];

/** What stays free of a disk: where LMDB finds no room for a page it may take the whole process with it. */
const reserveBytes = 64 * 1024 * 1024;

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;

/** How long LMDB may take to say why a commit failed, milliseconds. */
const reasonMs = 1000;

/**
 * LMDB gives the reason of a failed commit as a promise on its error, which rejects with it. Where a write fails
 * between two commits the promise stays open for ever; then the error itself is all there is.
 */
export async function causeOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { readonly commitError?: Promise<never> };
  if (commitError === undefined) return error;
  return Promise.race([commitError.catch((reason: unknown) => reason), setTimeout(reasonMs, error)]);
}

/** Whether the system says that there is no more room. */
export function isFull(error: unknown): boolean {
  return fullCodes.includes(codeOf(error));
}

/** Names what went wrong at the disk: DATA_DAMAGED, DISK_FULL or DISK_FAILED, each with the cause. */
export function diskFailure(dir: string, cause: unknown): AssayError {
  const options = { cause } as const;
  if (cause instanceof AssayError) return cause;
  if (damagedCodes.includes(codeOf(cause))) return new AssayError('DATA_DAMAGED', `${dir}: ${String(cause)}`, options);
  const full = isFull(cause) || !hasRoom(dir);
  return new AssayError(full ? 'DISK_FULL' : 'DISK_FAILED', full ? dir : `${dir}: ${String(cause)}`, options);
}

/** Throws AssayError DISK_FULL where less of a disk is free, after so many bytes more, than is to stay so. */
export function requireReserve(dir: string, moreBytes = 0): void {
  const { blocks, bavail, bsize } = statfsSync(dir);
  const neededBytes = reserveBytes + moreBytes;
  // Some file systems say nothing of their size.
  if (blocks === 0 || bavail * bsize >= neededBytes) return;
  const mebibytes = Math.ceil(neededBytes / 2 ** 20);
  throw new AssayError('DISK_FULL', `${dir} is on a disk of which ${mebibytes} MiB must be free.`);
}

/**
 * Whether a directory takes more, found out by a write: LMDB reports one that was cut short as an input/output error,
 * whatever cut it.
 */
export function hasRoom(dir: string): boolean {
  const path = join(dir, 'room.tmp');
  try {
    rmSync(path, { force: true });
    const file = openSync(path, 'wx');
    try {
      writeSync(file, new Uint8Array(65_536), 0, 65_536, sizeOf(join(dir, dataFile)));
    } finally {
      closeSync(file);
      rmSync(path, { force: true });
    }
    return true;
  } catch (error) {
    return !isFull(error);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
