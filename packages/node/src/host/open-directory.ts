import { createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { KeyRing } from '../keys/keyring.ts';
import { type KeyName, openKeystore, passphraseFrom } from '../keys/keystore.ts';
import { lockDirectory } from '../store/lock.ts';
import type { Closing } from './closing.ts';
import { repairModes } from './data-directory.ts';
import { dataFiles } from './data-files.ts';

/** Takes a data directory for this process, and from others what they may do there (§16.7, §16.13). */
export function takeDirectory(dataDir: string, onProgress: (line: string) => void, closing: Closing): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  repairModes(dataDir, onProgress);
  const lock = lockDirectory(dataDir);
  closing.add(() => lock.release());
}

/** The log of this run. */
export function openLog(dataDir: string, closing: Closing): (line: string) => void {
  const path = join(dataDir, dataFiles.log);
  // §16.7 A new file, whatever lay there.
  rmSync(path, { force: true });
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
  file.on('error', () => {});
  closing.add(() => file.end());
  return (line) => file.write(`${new Date().toISOString()} ${line}\n`);
}

/** The keys of a data directory; those that are wanted and not there are made. */
export async function openKeyRing(dataDir: string, wanted: readonly KeyName[]): Promise<KeyRing> {
  const path = join(dataDir, dataFiles.keys);
  const passphrase = passphraseFrom(process.env);
  // §16.8 Read once: a report of a crash, or a child, would carry it on.
  delete process.env.ASSAY_PASSPHRASE;
  const open = () => openKeystore(path, passphrase, wanted);
  return new KeyRing(await open(), open);
}
