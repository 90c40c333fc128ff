import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Text files of the repository: path from the root, with `/`, to content. */
export type Tree = ReadonlyMap<string, string>;

/** Something that breaks a rule of the repository; the sentence names what to do instead. */
export interface Finding {
  readonly path: string;
  /** From 1; 0 when the whole file is meant. */
  readonly line: number;
  readonly sentence: string;
}

const textFile = /(\.(ts|mjs|json|md|yml|yaml|sh)|^\.gitignore|^LICENSE|\/run)$/;
const notOurs = new Set(['node_modules', '.git', 'coverage', 'dist', '.assay']);

/** Reads every text file under `root` that is ours. */
export function readTree(root: string): Tree {
  const files = new Map<string, string>();
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && !notOurs.has(entry.name)) visit(path);
      if (entry.isFile() && textFile.test(path)) files.set(path, readFileSync(join(root, path), 'utf8'));
    }
  };
  visit('');
  return files;
}

/** The package folder a path lies in (`packages/ledger`), or '' for everything outside `packages`. */
export function packageOf(path: string): string {
  return /^packages\/[^/]+/.exec(path)?.[0] ?? '';
}

/** Tests, benches and what only they use. */
export function isTest(path: string): boolean {
  return /\.(test|bench|fixture)\.ts$/.test(path) || /^(packages\/[^/]+\/)?test\//.test(path);
}
