import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const mostBytes = 1024 * 1024 * 1024;

/** The sources of a release, which run as they lie there. */
export interface Release {
  /** Its commit, or what this checkout is. */
  readonly name: string;
  readonly root: string;
  readonly main: string;
}

const mainOf = (dir: string) => join(dir, 'packages/cli/src/main.ts');

/** The sources that are being tested. */
export const thisRelease: Release = { name: 'this release', root, main: mainOf(root) };

const git = (...args: string[]) =>
  execFileSync('git', ['-C', root, ...args], { maxBuffer: mostBytes, stdio: ['ignore', 'pipe', 'pipe'] });

/** A commit as git names it; null where it has none. */
function commitOf(name: string): string | null {
  try {
    return git('rev-parse', '--verify', '--quiet', `${name}^{commit}`).toString().trim();
  } catch {
    return null;
  }
}

/**
 * The commit before what is tested: what `ASSAY_PREVIOUS` names, else what the branch that is followed had last, else
 * the parent; the head itself where there are changes that are not committed.
 */
function previousCommit(): string {
  const named = process.env.ASSAY_PREVIOUS;
  const head = commitOf('HEAD');
  const isChanged = head !== null && git('status', '--porcelain', '--', 'packages').length > 0;
  const landed = commitOf('@{upstream}');
  const found = named !== undefined ? commitOf(named) : isChanged ? head : landed !== head ? landed : null;
  const previous = found ?? (named === undefined ? commitOf('HEAD^') : null);
  if (previous !== null) return previous;
  const cure = 'clone the repository with its history (git fetch --unshallow), or name a commit with ASSAY_PREVIOUS';
  throw new Error(`there is no commit ${named ?? 'before this one'} here: ${cure}`);
}

/** Lays the release before this one into a directory, with the dependencies that are here. Throws for want of one. */
export function previousRelease(dir: string): Release {
  const name = previousCommit();
  mkdirSync(dir);
  execFileSync('tar', ['-x', '-C', dir], { input: git('archive', name) });
  const modules = join(dir, 'node_modules');
  mkdirSync(join(modules, '@assay'), { recursive: true });
  for (const each of readdirSync(join(root, 'node_modules'))) {
    if (each !== '@assay') symlinkSync(join(root, 'node_modules', each), join(modules, each));
  }
  // The packages are its own.
  for (const each of readdirSync(join(dir, 'packages'))) {
    symlinkSync(join('../../packages', each), join(modules, '@assay', each));
  }
  return { name: name.slice(0, 12), root: dir, main: mainOf(dir) };
}

type Vector = { readonly type: string };

/** The protocols and topics of a release; each name ends with its version (§5.26). */
function protocolsOf({ root: dir }: Release): string[] {
  const packages = readdirSync(join(dir, 'packages'), { recursive: true, encoding: 'utf8' });
  const sources = packages.filter((file) => /\/src\/.*(?<!\.(test|fixture|bench))\.ts$/.test(file));
  const texts = sources.map((file) => readFileSync(join(dir, 'packages', file), 'utf8'));
  return texts.flatMap((text) => text.match(/(?<=')\/?assay\/[a-z-]+\/\d+(?=')/g) ?? []);
}

/**
 * Where a release differs on purpose from the one before it, in what both would have to agree on: protocols by their
 * names, types as their vectors have them, chains that replay to other roots.
 */
export function differences(previous: Release, now: Release): string[] {
  const read = ({ root: dir }: Release, file: string) => readFileSync(join(dir, file), 'utf8');
  const typesOf = (release: Release) => JSON.parse(read(release, 'spec/vectors/types.json')) as Vector[];
  const known = new Set(typesOf(now).map((vector) => JSON.stringify(vector)));
  const changed = typesOf(previous).filter((vector) => !known.has(JSON.stringify(vector)));
  const types = [...new Set(changed.map(({ type }) => type))];
  const chains = readdirSync(join(previous.root, 'spec/vectors')).filter((file) => file.startsWith('chain-'));
  const files = chains.map((file) => `spec/vectors/${file}`);
  const other = files.filter((file) => read(previous, file) !== read(now, file));
  const spoken = protocolsOf(now);
  const gone = protocolsOf(previous).filter((name) => !spoken.includes(name));
  return [...gone, ...types.map((type) => `the type ${type}`), ...other.map((file) => `what makes ${file}`)];
}
