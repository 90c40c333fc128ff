/** What package-lock.json says of a package. */
interface LockEntry {
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly link?: boolean;
  readonly os?: unknown;
  readonly cpu?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export type Lock = Readonly<Record<string, LockEntry>>;

export interface Dependencies {
  /** Folders of the packages that run anywhere, such as `node_modules/fastify`, with all that they need in turn. */
  readonly portable: readonly string[];
  /** Packages of one platform: name → version. */
  readonly native: Readonly<Record<string, string>>;
}

/**
 * What the packages `names` need, by the lock file.
 *
 * A link is a stub that stands for what this repository keeps out. A package without a hash is one that nobody here has
 * seen: neither is part of a release.
 */
export function dependenciesOf(lock: Lock, names: readonly string[]): Dependencies {
  const portable = new Set<string>();
  const native = new Map<string, string>();
  const visit = (name: string, from: string, isOptional: boolean): void => {
    const folder = folderOf(lock, name, from);
    const entry = lock[folder ?? ''];
    if (folder === null || entry === undefined) {
      if (isOptional) return;
      throw new Error(`package-lock.json has no ${name} for ${from || 'the root'}. Run npm install.`);
    }
    if (entry.link === true || entry.integrity === undefined || portable.has(folder)) return;
    if (entry.os !== undefined || entry.cpu !== undefined) {
      const { version = '' } = entry;
      const other = native.get(name);
      if (other !== undefined && other !== version) throw new Error(`${name} is locked as ${other} and as ${version}.`);
      native.set(name, version);
      return;
    }
    portable.add(folder);
    for (const each of Object.keys(entry.dependencies ?? {})) visit(each, folder, false);
    for (const each of Object.keys(entry.optionalDependencies ?? {})) visit(each, folder, true);
  };
  for (const name of names) visit(name, '', false);
  for (const name of Object.keys(lock['']?.optionalDependencies ?? {})) visit(name, '', true);
  return {
    portable: [...portable].sort(),
    native: Object.fromEntries([...native].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** Where Node finds `name` for a file in `from`: in the nearest `node_modules` on the way up. */
function folderOf(lock: Lock, name: string, from: string): string | null {
  const folder = `${from === '' ? '' : `${from}/`}node_modules/${name}`;
  if (lock[folder] !== undefined) return folder;
  if (from === '') return null;
  const nested = from.lastIndexOf('/node_modules/');
  return folderOf(lock, name, nested === -1 ? '' : from.slice(0, nested));
}
