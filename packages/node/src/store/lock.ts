import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AssayError } from '../errors.ts';
import { diskFailure } from './failures.ts';

const SQLITE_BUSY = 5;

/** A directory that no other process may use. */
export interface DirectoryLock {
  release(): void;
}

/**
 * Takes a directory for this process. The lock is the operating system's, held through SQLite, so it ends with the
 * process however that ends; a stale one cannot be left behind. Throws AssayError DATA_IN_USE, which names the other.
 */
export function lockDirectory(dir: string): DirectoryLock {
  const pidFile = join(dir, 'lock.pid');
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(join(dir, 'lock'), { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
    writeFileSync(pidFile, `${process.pid}\n`);
  } catch (error) {
    database?.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw diskFailure(dir, error);
    throw new AssayError('DATA_IN_USE', `${dir} is held by process ${holder(pidFile)}.`, {
      action: 'stop',
      cause: error,
    });
  }
  const held = database;
  return { release: () => held.close() };
}

function holder(pidFile: string): string {
  try {
    return readFileSync(pidFile, 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
