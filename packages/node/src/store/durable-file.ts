import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces a file so that after a crash at any moment either the old or the new content is there, whole.
 * @param mode permission bits of the file, such as 0o600
 */
export async function writeDurably(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`;
  await using file = await open(draft, 'w', mode);
  await file.writeFile(content);
  await file.sync();
  await rename(draft, path);
  await syncDirectory(dirname(path));
}

/** Without this a new name may be forgotten although the file's content is on the disk. */
async function syncDirectory(path: string): Promise<void> {
  // Windows opens no directories and keeps names in its own journal.
  if (process.platform === 'win32') return;
  await using directory = await open(path, 'r');
  await directory.sync();
}
