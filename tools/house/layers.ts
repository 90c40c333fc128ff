import { builtinModules } from 'node:module';
import { type House, type Law, manifestOf } from './house.ts';
import { crosses, type Import } from './imports.ts';
import { type Finding, isTest, packageOf } from './tree.ts';

/** What each package may import of ours. Everything outside `packages` may import every package. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'packages/protocol': [],
  'packages/ledger': ['packages/protocol'],
  'packages/client': ['packages/protocol'],
  'packages/node': ['packages/protocol', 'packages/ledger', 'packages/client'],
  'packages/sim': ['packages/protocol', 'packages/ledger', 'packages/node'],
};

/** Benches use the runner's helpers. */
function isSupport({ from, target }: Import): boolean {
  return from.endsWith('.bench.ts') && target?.startsWith('bench/') === true;
}

function wrongDirection(each: Import): string | null {
  const [from, to] = [packageOf(each.from), packageOf(each.target ?? '')];
  if (isSupport(each)) return null;
  if (from === '') return to === '' || !each.specifier.startsWith('.') ? null : 'Import a package by its name.';
  const allowed = mayImport[from];
  if (allowed === undefined) return `${from} has no row in tools/house/layers.ts; say there what it may import.`;
  if (!allowed.includes(to))
    return `${from} may import ${allowed.join(', ') || 'no package of ours'}; move the code down.`;
  return each.specifier.startsWith('.') ? `Import @assay/${to.slice('packages/'.length)} by its name.` : null;
}

function absent({ specifier, target }: Import, { files }: House): string | null {
  return specifier.startsWith('.') && !files.has(target ?? '') ? 'There is no such file.' : null;
}

/** Why an import of something that is not a file of ours is wrong; null when it is right. */
function undeclared(each: Import, house: House): string | null {
  const { specifier, from } = each;
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return null;
  if (builtinModules.includes(specifier)) return `Write node:${specifier}.`;
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const own = manifestOf(house.files, packageOf(from));
  const declared = own.dependencies ?? {};
  const root = isTest(from) || packageOf(from) === '' ? manifestOf(house.files, '').devDependencies : undefined;
  if (name.startsWith('@assay/')) {
    if (each.target === null || !house.files.has(each.target)) return `${specifier} is not an export of that package.`;
    return packageOf(from) === '' || name in declared ? null : `Declare ${name} in ${packageOf(from)}/package.json.`;
  }
  return name in declared || (root !== undefined && name in root)
    ? null
    : `Declare ${name} in ${packageOf(from) || '.'}/package.json.`;
}

/** Imports go down only, by a package's name, and name nothing that is not declared. */
export const layers: Law = {
  name: 'imports go down only, and every dependency is declared',
  check(house) {
    const findings: Finding[] = [];
    for (const each of [...house.imports.values()].flat()) {
      const { from: path, line, specifier } = each;
      const sentence = (crosses(each) ? wrongDirection(each) : null) ?? absent(each, house) ?? undeclared(each, house);
      if (sentence !== null) findings.push({ path, line, sentence: `imports ${specifier}. ${sentence}` });
    }
    return findings;
  },
};

/** The files of each import cycle, found as the strongly connected components of the graph (Tarjan). */
function cyclesOf(house: House): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (path: string): void => {
    const own = index.size;
    index.set(path, own);
    low.set(path, own);
    stack.push(path);
    for (const { target } of house.imports.get(path) ?? []) {
      if (target === null || !house.imports.has(target)) continue;
      if (!index.has(target)) visit(target);
      if (stack.includes(target)) low.set(path, Math.min(low.get(path) ?? own, low.get(target) ?? own));
    }
    if (low.get(path) !== own) return;
    const component = stack.splice(stack.indexOf(path));
    const selfish = house.imports.get(path)?.some((each) => each.target === path);
    if (component.length > 1 || selfish) found.push(component.sort());
  };
  for (const path of house.imports.keys()) if (!index.has(path)) visit(path);
  return found;
}

/** No file imports itself by way of others, types included. */
export const cycles: Law = {
  name: 'no import cycles',
  check: (house) =>
    cyclesOf(house).map((files) => ({
      path: files[0] ?? '',
      line: 0,
      sentence: `These files import each other: ${files.join(', ')}. Move what they share into a file below both.`,
    })),
};
