import { chmodSync, readdirSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { dataFiles } from '../cli/location.ts';
import { AssayError } from '../errors.ts';
import { dataFile } from '../store/failures.ts';

const othersMayDo = 0o077;

/**
 * §16.7 Takes from other users what they may do in a data directory, and says so. Throws AssayError DATA_NOT_OWN when
 * something in it belongs to another user.
 */
export function mendModes(dataDir: string, onProgress: (line: string) => void): void {
  // Windows keeps no such modes: what lies in a user's own folder is the user's.
  const user = process.getuid?.();
  if (user === undefined) return;
  const chain = join(dataDir, dataFiles.chain);
  const inside = [dataDir, chain].flatMap((dir) => entriesOf(dir).map((entry) => join(dir, entry)));
  for (const path of [dataDir, ...inside]) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) continue;
    if (found.uid !== user) throw notOwn(path, found, user);
    if (!isGuarded(path, dataDir) || (found.mode & othersMayDo) === 0) continue;
    chmodSync(path, found.mode & ~othersMayDo & 0o777);
    onProgress(`Other users of this machine could reach ${path} (mode ${modeText(found.mode)}); now they cannot.`);
  }
}

/** Directories, and the files with secrets; the rest lies in the directories. */
function isGuarded(path: string, dataDir: string): boolean {
  const secret = [dataFiles.chain, dataFiles.keys, dataFiles.node].map((name) => join(dataDir, name));
  return path === dataDir || secret.includes(path);
}

function notOwn(path: string, { uid }: Stats, user: number): AssayError {
  return new AssayError('DATA_NOT_OWN', `${path} belongs to user ${uid}; this is user ${user}.`, { action: 'stop' });
}

const modeText = (mode: number) => (mode & 0o777).toString(8).padStart(4, '0');

function entriesOf(dir: string): string[] {
  const isThere = statSync(dir, { throwIfNoEntry: false })?.isDirectory() === true;
  return isThere ? readdirSync(dir) : [];
}

/**
 * §16.2 Refuses a directory of which a part is missing, rather than make that part anew: the same keys on a second
 * chain of the same genesis would sign two blocks of one height. Throws AssayError DATA_INCOMPLETE. `newChain`: the
 * operator says that the keys have never signed.
 */
export function requireWhole(dataDir: string, { newChain }: { readonly newChain: boolean }): void {
  const has = (...path: string[]) => (statSync(join(dataDir, ...path), { throwIfNoEntry: false })?.size ?? 0) > 0;
  // A first start that was cut off between genesis and chain has signed nothing.
  const isUnused = newChain || has(dataFiles.beginning);
  const [genesis, keys, chain] = [has(dataFiles.genesis), has(dataFiles.keys), has(dataFiles.chain, dataFile)];
  const missing = (name: string, besides: string, more = '') =>
    new AssayError('DATA_INCOMPLETE', `${join(dataDir, name)} is not there, but ${besides} is.${more}`, {
      action: 'stop',
    });
  if (!keys && (genesis || chain)) throw missing(dataFiles.keys, genesis ? dataFiles.genesis : `${dataFiles.chain}/`);
  if (!genesis && chain) throw missing(dataFiles.genesis, `${dataFiles.chain}/`);
  if (!genesis || chain || isUnused) return;
  const unused = ' If these keys have never signed a block, --new-chain begins with them from this genesis.';
  throw missing(`${dataFiles.chain}/`, dataFiles.genesis, unused);
}
