import { chmodSync, existsSync, lstatSync, readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { AssayError } from '@assay/protocol';
import { lastSignedFile } from '../consensus/cometbft/last-signed.ts';
import { dataFile } from '../store/failures.ts';
import type { NodeConfig } from './config.ts';
import { dataFiles } from './data-files.ts';

const othersMayDo = 0o077;

/**
 * §16.7 Takes from other users what they may do in a data directory, and says so. Throws AssayError DATA_NOT_OWN when
 * something in it belongs to another user, is a link, or is neither a file nor a directory.
 */
export function repairModes(dataDir: string, onProgress: (line: string) => void): void {
  // Windows keeps no such modes: what lies in a user's own folder is the user's.
  const user = process.getuid?.();
  if (user === undefined) return;
  // A link to the whole directory is the operator's way to another disk; nobody else may have put it there.
  requireOwner(dataDir, lstatSync(dataDir), user);
  const root = realpathSync(dataDir);
  const guarded = [root, ...[dataFiles.chain, dataFiles.keys, dataFiles.node].map((name) => join(root, name))];
  const repair = (path: string): void => {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return;
    requireOwn(path, found, user);
    if (guarded.includes(path) && (found.mode & othersMayDo) !== 0) {
      chmodSync(path, found.mode & ~othersMayDo & 0o777);
      onProgress(`Other users of this machine could reach ${path} (mode ${modeText(found.mode)}); now they cannot.`);
    }
    // Looked into once it is closed to others: nothing is put there after the look.
    if (found.isDirectory()) for (const name of readdirSync(path)) repair(join(path, name));
  };
  repair(root);
}

function requireOwner(path: string, { uid }: Stats, user: number): void {
  if (uid !== user) throw notOwn(path, `belongs to user ${uid}; this is user ${user}`);
}

function requireOwn(path: string, found: Stats, user: number): void {
  requireOwner(path, found, user);
  if (found.isDirectory() || (found.isFile() && found.nlink === 1)) return;
  if (found.isSymbolicLink() || found.isFile())
    throw notOwn(path, 'is a link; what is written there changes a file elsewhere');
  throw notOwn(path, 'is neither a file nor a directory');
}

function notOwn(path: string, why: string): AssayError {
  return new AssayError('DATA_NOT_OWN', `${path} ${why}.`);
}

const modeText = (mode: number) => (mode & 0o777).toString(8).padStart(4, '0');

/**
 * §16.2 Refuses a directory of which a part is missing, rather than make that part again: the same keys on a second
 * chain of the same genesis would sign two blocks of one height. Throws AssayError DATA_INCOMPLETE. `newChain`: the
 * operator says that the keys have never signed.
 */
export function requireWhole(dataDir: string, { newChain }: { readonly newChain: boolean }): void {
  const has = (...path: string[]) => (statSync(join(dataDir, ...path), { throwIfNoEntry: false })?.size ?? 0) > 0;
  // A first start that was cut off between genesis and chain has signed nothing.
  const isUnused = newChain || has(dataFiles.beginning);
  const [genesis, keys, chain] = [has(dataFiles.genesis), has(dataFiles.keys), has(dataFiles.chain, dataFile)];
  const missing = (name: string, besides: string, more = '') =>
    new AssayError('DATA_INCOMPLETE', `${join(dataDir, name)} is not there, but ${besides} is.${more}`);
  if (!keys && (genesis || chain)) throw missing(dataFiles.keys, genesis ? dataFiles.genesis : `${dataFiles.chain}/`);
  if (!genesis && chain) throw missing(dataFiles.genesis, `${dataFiles.chain}/`);
  if (!genesis || chain || isUnused) return;
  const unused = ' If these keys have never signed a block, --new-chain begins with them from this genesis.';
  throw missing(`${dataFiles.chain}/`, dataFiles.genesis, unused);
}

/** Where a validator keeps what it signed last (§18.5). */
export const lastSignedPath = (dataDir: string): string => join(dataDir, dataFiles.cometbft, lastSignedFile);

/**
 * §18.13 Whether a node may begin with a state, after its chain was deleted: what a validator must not forget is what
 * it signed, which lies beside the chain.
 */
export function mayBeginAgain({ engine, roles }: Pick<NodeConfig, 'engine' | 'roles'>, dataDir: string): boolean {
  const isValidator = roles.length > 0 && roles.every(({ kind }) => kind === 'validator');
  const isToldWhere = engine.kind === 'cometbft' && engine.trusted !== null;
  return isValidator && isToldWhere && existsSync(lastSignedPath(dataDir));
}
