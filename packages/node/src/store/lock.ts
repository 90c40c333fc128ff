import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AssayError } from '@assay/protocol';
import { diskFailure } from './failures.ts';

const SQLITE_BUSY = 5;

/** A directory that no other process may use. */
export interface DirectoryLock {
  /** Throws AssayError DATA_IN_USE when the lock's file was deleted or replaced, so that it keeps nobody out. */
  requireHeld(): void;
  release(): void;
}

/**
 * §16.13 Takes a directory for this process. The lock is the operating system's, held through SQLite, so it ends with
 * the process however that ends; a stale one cannot be left behind. Throws AssayError DATA_IN_USE, which names the
 * other.
 */
export function lockDirectory(dir: string): DirectoryLock {
  const [path, pidFile] = [join(dir, 'lock'), join(dir, 'lock.pid')];
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
    const other = unlockedHolder(dir, pidFile);
    if (other !== null) throw inUse(`${dir} is held by process ${other}, whose lock was deleted.`);
    // §16.7 A new file, whatever lay there.
    rmSync(pidFile, { force: true });
    writeFileSync(pidFile, `${process.pid}\n`, { flag: 'wx' });
  } catch (error) {
    database?.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw diskFailure(dir, error);
    throw inUse(`${dir} is held by process ${holder(pidFile)}.`, error);
  }
  const held = database;
  const taken = fileAt(path);
  const requireHeld = () => {
    if (fileAt(path) === taken) return;
    throw inUse(`${path} was deleted or replaced, so it keeps no other process out; start again once none runs.`);
  };
  return { requireHeld, release: () => held.close() };
}

function inUse(detail: string, cause?: unknown): AssayError {
  return new AssayError('DATA_IN_USE', detail, { cause });
}

/** Another file has another number for as long as the lock's own is open. */
function fileAt(path: string): bigint | null {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino ?? null;
}

function holder(pidFile: string): string {
  try {
    return readFileSync(pidFile, 'utf8').trim();
  } catch {
    return 'unknown';
  }
}

/** The recorded process, when it still has files of the directory open: one that got its number later has none. */
function unlockedHolder(dir: string, pidFile: string): string | null {
  const pid = holder(pidFile);
  if (!/^\d+$/.test(pid) || pid === String(process.pid)) return null;
  try {
    // Elsewhere than on Linux nothing says so cheaply.
    const [inside, files] = [join(realpathSync(dir), '/'), `/proc/${pid}/fd`];
    return readdirSync(files).some((file) => readlinkSync(join(files, file)).startsWith(inside)) ? pid : null;
  } catch {
    return null;
  }
}
