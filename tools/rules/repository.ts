import { type Import, importsOf } from './imports.ts';
import { parseTree, type Source } from './syntax.ts';
import type { Finding, Tree } from './tree.ts';

/** The repository as the rules see it. */
export interface Repository {
  readonly files: Tree;
  readonly sources: readonly Source[];
  readonly imports: ReadonlyMap<string, readonly Import[]>;
}

/** One rule of the repository. */
export interface Rule {
  readonly name: string;
  check(repository: Repository): Finding[];
}

export function repositoryOf(files: Tree): Repository {
  const sources = parseTree(files);
  return { files, sources, imports: new Map(sources.map((source) => [source.path, importsOf(source, files)])) };
}

/** A package.json of ours, the parts that the rules read. */
export interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The package.json of a package folder (`packages/ledger`, or '' for the root). */
export function manifestOf(files: Tree, folder: string): Manifest {
  const text = files.get(folder === '' ? 'package.json' : `${folder}/package.json`);
  if (text === undefined) throw new Error(`${folder} has no package.json`);
  return JSON.parse(text);
}

/** Folders of all packages, in order. */
export function packageFolders(files: Tree): string[] {
  return [...files.keys()].flatMap((path) => /^(packages\/[^/]+)\/package\.json$/.exec(path)?.[1] ?? []).sort();
}
