import type { Repository, Rule } from './repository.ts';
import { nameOf, type Source, type SyntaxNode, walk } from './syntax.ts';
import { type Finding, packageOf } from './tree.ts';

const emptyWord = /(^|\/)(utils?|helpers?|common|misc|shared)(\/|\.|$)/;
/** `open-audit.test.ts`: words with dashes between them, then what kind of file it is. */
const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)+$/;
const isConfig = (path: string): boolean => /^[^/]+\.config\.ts$/.test(path);
const isEntry = (path: string): boolean => /^packages\/[^/]+\/src\/index\.ts$/.test(path);
const bodyOf = (source: Source): readonly SyntaxNode[] => source.tree['body'] as SyntaxNode[];

function isBarrel(source: Source): boolean {
  const body = bodyOf(source);
  return (
    body.length > 0 && body.every((node) => /^Export(All|Named)Declaration$/.test(node.type) && node['source'] !== null)
  );
}

/** No default exports, no `any`, no folder that names nothing, no file that only forwards but an index. */
export const names: Rule = {
  name: 'names say something: no any, default export, utils or barrel',
  check(repository) {
    const findings: Finding[] = [];
    for (const path of repository.files.keys()) {
      if (emptyWord.test(path))
        findings.push({ path, line: 0, sentence: 'This name says nothing. Put it beside its user.' });
      const file = path.slice(path.lastIndexOf('/') + 1);
      if (file.endsWith('.ts') && !kebab.test(file))
        findings.push({ path, line: 0, sentence: 'Write the words of a file name small, with dashes between them.' });
    }
    for (const source of repository.sources) {
      const { path } = source;
      const report = (node: SyntaxNode, sentence: string) =>
        findings.push({ path, line: source.lineOf(node.start), sentence });
      if (isBarrel(source) && !/\/index\.ts$/.test(path))
        report(source.tree, 'Only forwards. Import the file that has the thing.');
      walk(source.tree, (node) => {
        if (node.type === 'TSAnyKeyword') report(node, 'any switches checking off. Use unknown, or the type.');
        if (node.type === 'ExportDefaultDeclaration' && !isConfig(path)) report(node, 'Export it by its name.');
      });
    }
    return findings;
  },
};

/** One way to hide a member: the one that also holds at run time. A constructor has no other word than `private`. */
export const hidden: Rule = {
  name: 'what is private begins with #',
  check(repository) {
    const findings: Finding[] = [];
    for (const source of repository.sources) {
      walk(source.tree, (node) => {
        if (node['accessibility'] !== 'private' || node['kind'] === 'constructor') return;
        const line = source.lineOf(node.start);
        findings.push({ path: source.path, line, sentence: 'private ends with the types. Begin its name with #.' });
      });
    }
    return findings;
  },
};

/** Names that a file exports, with the line of each. */
function exportsOf(source: Source): Map<string, number> {
  const found = new Map<string, number>();
  for (const node of bodyOf(source)) {
    if (node.type !== 'ExportNamedDeclaration') continue;
    const add = (identifier: unknown) => {
      const name = nameOf(identifier);
      if (name !== undefined) found.set(name, source.lineOf(node.start));
    };
    for (const specifier of (node['specifiers'] as SyntaxNode[]) ?? []) add(specifier['exported']);
    const declaration = node['declaration'] as SyntaxNode | null;
    add(declaration?.['id']);
    for (const each of (declaration?.['declarations'] as SyntaxNode[]) ?? []) add(each['id']);
  }
  return found;
}

/** Whether `name` is a type that the file's other exports speak of: whoever calls them needs its name. */
function describesOwn(source: Source, name: string): boolean {
  const mentions = source.text.match(new RegExp(`\\b${name}\\b`, 'g'))?.length ?? 0;
  return mentions > 1 && new RegExp(`^export (interface|type) ${name}\\b`, 'm').test(source.text);
}

/** Files that a package entry passes on whole: what they export is public. */
function publicFiles(repository: Repository): Set<string> {
  const found = new Set(repository.sources.map((source) => source.path).filter(isEntry));
  for (const path of found) {
    for (const { target, names: imported } of repository.imports.get(path) ?? []) {
      const samePackage = target !== null && packageOf(target) === packageOf(path);
      if (samePackage && imported.includes('*')) found.add(target);
    }
  }
  return found;
}

/** Nothing is exported that no other file imports. */
export const unusedExports: Rule = {
  name: 'every export has a user',
  check(repository) {
    const used = new Map<string, Set<string>>();
    for (const { target, names: imported } of [...repository.imports.values()].flat()) {
      if (target === null) continue;
      used.set(target, new Set([...(used.get(target) ?? []), ...imported]));
    }
    const open = publicFiles(repository);
    const configs = repository.sources.filter(({ path }) => isConfig(path)).map(({ text }) => text);
    const findings: Finding[] = [];
    for (const source of repository.sources) {
      const { path } = source;
      const users = used.get(path) ?? new Set();
      const isNamed = configs.some((text) => text.includes(`'${path}'`));
      if (open.has(path) || users.has('*') || isNamed || /\.bench\.ts$/.test(path)) continue;
      for (const [name, line] of exportsOf(source)) {
        if (users.has(name) || describesOwn(source, name)) continue;
        findings.push({ path, line, sentence: `Nobody imports ${name}. Remove it, or its export.` });
      }
    }
    return findings;
  },
};
