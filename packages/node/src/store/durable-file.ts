import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces a file so that after a crash at any moment either the old or the new content is there, whole.
 * @param mode permission bits of the file, such as 0o600
 */
export async function writeDurably(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  // §16.7 A name that nobody can have put a link under.
  const draft = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  await using file = await open(draft, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.sync();
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Without this a new name may be forgotten although the file's content is on the disk. */
async function syncDirectory(path: string): Promise<void> {
  // Windows opens no directories and keeps names in its own journal.
  if (process.platform === 'win32') return;
  await using directory = await open(path, 'r');
  await directory.sync();
}
