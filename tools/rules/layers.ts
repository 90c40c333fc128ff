import { builtinModules } from 'node:module';
import { crosses, type Import } from './imports.ts';
import { manifestOf, type Repository, type Rule } from './repository.ts';
import { type Finding, isTest, packageOf } from './tree.ts';

/** What each package may import of ours, lowest first. Everything outside `packages` may import every package. */
const below: Readonly<Record<string, readonly string[]>> = {
  ssz: [],
  protocol: ['ssz'],
  ledger: ['ssz', 'protocol'],
  client: ['ssz', 'protocol'],
  roles: ['ssz', 'protocol', 'ledger'],
  explain: ['ssz', 'protocol', 'ledger', 'client'],
  node: ['ssz', 'protocol', 'ledger', 'client', 'roles', 'explain'],
  sim: ['ssz', 'protocol', 'ledger', 'roles', 'node'],
  cli: ['ssz', 'protocol', 'ledger', 'client', 'explain', 'node', 'sim'],
};
/** Packages that know no machine, so that a page can hold them. */
const anywhere = ['ssz', 'protocol', 'ledger', 'client', 'roles', 'explain'];

const nameOf = (folder: string): string => folder.slice('packages/'.length);

/** Benches use the runner's helpers. */
function isSupport({ from, target }: Import): boolean {
  return from.endsWith('.bench.ts') && target?.startsWith('bench/') === true;
}

function wrongDirection(each: Import): string | null {
  const [from, to] = [packageOf(each.from), packageOf(each.target ?? '')];
  if (isSupport(each)) return null;
  if (from === '') return to === '' || !each.specifier.startsWith('.') ? null : 'Import a package by its name.';
  const allowed = below[nameOf(from)];
  if (allowed === undefined) return `${from} has no row in tools/rules/layers.ts; say there what it may import.`;
  if (!allowed.includes(nameOf(to)))
    return `${from} may import ${allowed.join(', ') || 'no package of ours'}; move the code down.`;
  return each.specifier.startsWith('.') ? `Import @assay/${nameOf(to)} by its name.` : null;
}

function absent({ specifier, target }: Import, { files }: Repository): string | null {
  return specifier.startsWith('.') && !files.has(target ?? '') ? 'There is no such file.' : null;
}

function machine({ from }: Import): string | null {
  if (isTest(from) || !anywhere.includes(nameOf(packageOf(from)))) return null;
  return `${packageOf(from)} knows no machine; take what is needed as an argument.`;
}

/** Why an import of something that is not a file of ours is wrong; null when it is right. */
function undeclared(each: Import, repository: Repository): string | null {
  const { specifier, from } = each;
  if (specifier.startsWith('node:')) return machine(each);
  if (specifier.startsWith('.')) return null;
  if (builtinModules.includes(specifier)) return `Write node:${specifier}.`;
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const own = manifestOf(repository.files, packageOf(from));
  const declared = own.dependencies ?? {};
  const root = isTest(from) || packageOf(from) === '' ? manifestOf(repository.files, '').devDependencies : undefined;
  if (name.startsWith('@assay/')) {
    if (each.target === null || !repository.files.has(each.target))
      return `${specifier} is not an export of that package.`;
    return packageOf(from) === '' || name in declared ? null : `Declare ${name} in ${packageOf(from)}/package.json.`;
  }
  return name in declared || (root !== undefined && name in root)
    ? null
    : `Declare ${name} in ${packageOf(from) || '.'}/package.json.`;
}

/** Imports go down only, by a package's name, and name nothing that is not declared. */
export const layers: Rule = {
  name: 'imports go down only, and every dependency is declared',
  check(repository) {
    const findings: Finding[] = [];
    for (const each of [...repository.imports.values()].flat()) {
      const { from: path, line, specifier } = each;
      const sentence =
        (crosses(each) ? wrongDirection(each) : null) ?? absent(each, repository) ?? undeclared(each, repository);
      if (sentence !== null) findings.push({ path, line, sentence: `imports ${specifier}. ${sentence}` });
    }
    return findings;
  },
};

/** The circles of a graph, found as its strongly connected components (Tarjan). */
function circlesOf(graph: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (node: string): void => {
    const own = index.size;
    index.set(node, own);
    low.set(node, own);
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node) ?? own, low.get(next) ?? own));
    }
    if (low.get(node) !== own) return;
    const component = stack.splice(stack.indexOf(node));
    if (component.length > 1 || graph.get(node)?.has(node)) found.push(component.sort());
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return found;
}

/** Which of our files each file imports. */
function graphOf(repository: Repository): Map<string, Set<string>> {
  const targets = (all: readonly Import[]) =>
    new Set(all.flatMap(({ target }) => (target !== null && repository.imports.has(target) ? [target] : [])));
  return new Map([...repository.imports].map(([path, all]) => [path, targets(all)]));
}

/** No file imports itself by way of others, types included. */
export const cycles: Rule = {
  name: 'no import cycles',
  check: (repository) =>
    circlesOf(graphOf(repository)).map((files) => ({
      path: files[0] ?? '',
      line: 0,
      sentence: `These files import each other: ${files.join(', ')}. Move what they share into a file below both.`,
    })),
};

/** The graph of what lies in each folder of a package: its files, and its folders as wholes. */
function rooms(repository: Repository): Map<string, Map<string, Set<string>>> {
  const found = new Map<string, Map<string, Set<string>>>();
  for (const [path, targets] of graphOf(repository)) {
    for (const target of targets) {
      if (isTest(path) || packageOf(path) === '' || packageOf(path) !== packageOf(target)) continue;
      const [from, to] = [path.split('/'), target.split('/')];
      const at = from.findIndex((part, i) => part !== to[i]);
      const [one, other] = [from[at], to[at]];
      if (one === undefined || other === undefined) continue;
      const folder = from.slice(0, at).join('/');
      const graph = found.get(folder) ?? new Map<string, Set<string>>();
      found.set(folder, graph.set(one, (graph.get(one) ?? new Set()).add(other)));
    }
  }
  return found;
}

/** No folder imports itself by way of what lies beside it. */
export const folders: Rule = {
  name: 'no circles of folders',
  check: (repository) =>
    [...rooms(repository)].flatMap(([folder, graph]) =>
      circlesOf(graph).map((names) => ({
        path: folder,
        line: 0,
        sentence: `${names.join(', ')} import each other. Move what they share into a file below them.`,
      })),
    ),
};
