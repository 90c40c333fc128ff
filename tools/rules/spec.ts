import type { Repository, Rule } from './repository.ts';
import { isNode, nameOf, type Source, walk } from './syntax.ts';
import type { Finding, Tree } from './tree.ts';

const refsPath = 'spec/refs.yml';
const unnumbered = new Set(['spec/README.md', 'spec/features.md']);
const book = '(?:(economics|verification) )?';
const clauseStart = new RegExp(String.raw`^(#{1,6} +|[-*] +|\| *)?\**${book}(§?)(\d+(?:\.\d+)*)\**(?=[\s.:|*])`);
export const citation = new RegExp(String.raw`${book}§(\d+(?:\.\d+)*)`, 'g');

/** What refs.yml says of one clause. */
interface Entry {
  readonly line: number;
  readonly code: readonly string[];
  readonly tests: readonly string[];
  readonly gap: string;
}

export const idOf = (section: string | undefined, number: string): string =>
  section === undefined ? number : `${section} ${number}`;

/** A numbered paragraph of spec/*.md, or the heading of a section. */
export interface Clause {
  /** Its number, after the book it is of: `7.3`, `economics 2.1`. */
  readonly id: string;
  readonly path: string;
  readonly line: number;
  readonly isHeading: boolean;
  /** Up to the next clause or heading. */
  readonly words: number;
}

/** Every clause and section of spec/*.md, file by file as they stand. */
export function clausesIn(files: Tree): Clause[] {
  const found: { -readonly [K in keyof Clause]: Clause[K] }[] = [];
  for (const [path, text] of files) {
    if (!/^spec\/[^/]+\.md$/.test(path) || unnumbered.has(path)) continue;
    let clause: (typeof found)[number] | undefined;
    for (const [index, line] of text.split('\n').entries()) {
      const [, mark = '', section, sign = '', number = ''] = clauseStart.exec(line) ?? [];
      const isNumbered = number !== '' && (sign !== '' || section !== undefined || number.includes('.'));
      const isHeading = line.startsWith('#');
      if (isNumbered || isHeading) clause = undefined;
      if (isNumbered) {
        clause = { id: idOf(section, number), path, line: index + 1, isHeading: mark.startsWith('#'), words: 0 };
        found.push(clause);
      }
      if (clause !== undefined) clause.words += line.split(/\s+/).filter((word) => word !== '').length;
    }
  }
  return found;
}

/** Where each clause stands, by its number; one that has a number again has a sentence about that. */
function clausesOf(files: Tree): Map<string, Finding & Pick<Clause, 'isHeading'>> {
  const found = new Map<string, Finding & Pick<Clause, 'isHeading'>>();
  for (const { id, path, line, isHeading } of clausesIn(files)) {
    const before = found.get(id);
    const sentence = before === undefined ? '' : `§${id} is also in ${before.path}. Give one of them another number.`;
    found.set(before === undefined ? id : `${id} again at ${path}:${line}`, { path, line, sentence, isHeading });
  }
  return found;
}

/** Reads the little YAML that refs.yml is written in; throws with the line that is anything else. */
export function parseRefs(text: string): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  let entry: { line: number; code: string[]; tests: string[]; gap: string } | undefined;
  let list: string[] | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/^\s*#.*$/, '').trimEnd();
    const key = /^"([^"]+)":$/.exec(line)?.[1];
    const field = /^ {2}(code|tests):$/.exec(line)?.[1] as 'code' | 'tests' | undefined;
    const gap = /^ {2}gap: (.+)$/.exec(line)?.[1];
    const item = /^ {4}- (\S.*)$/.exec(line)?.[1];
    if (line === '') continue;
    if (key !== undefined && !entries.has(key)) {
      entry = { line: index + 1, code: [], tests: [], gap: '' };
      entries.set(key, entry);
      list = undefined;
    } else if (entry !== undefined && field !== undefined) list = entry[field];
    else if (entry !== undefined && gap !== undefined) entry.gap = gap;
    else if (list !== undefined && item !== undefined) list.push(item);
    else throw new Error(`${refsPath}:${index + 1} is not a new clause, "code:", "tests:", "gap: …" or "- …": ${raw}`);
  }
  return entries;
}

/** Whether `source` declares `symbol`: a variable, function, class, type, method or property. */
function declares(source: Source, symbol: string): boolean {
  let found = false;
  walk(source.tree, (node) => {
    const isDeclaration = /Declarat|^MethodDefinition|^Property$|^PropertyDefinition|^TSPropertySignature/.test(
      node.type,
    );
    if (isDeclaration && (nameOf(node['id']) ?? nameOf(node['key'])) === symbol) found = true;
  });
  return found;
}

/** Titles given to `describe`, `it` and `test` in a file. */
export function titlesOf(source: Source): Set<string> {
  const titles = new Set<string>();
  walk(source.tree, (node) => {
    const [title] = (node['arguments'] as unknown[] | undefined) ?? [];
    if (node.type !== 'CallExpression' || !isNode(title)) return;
    const caller = isNode(node['callee']) ? source.text.slice(node['callee'].start, node['callee'].end) : '';
    if (/^(describe|it|test)\b/.test(caller) && typeof title['value'] === 'string') titles.add(title['value']);
  });
  return titles;
}

/** What is wrong with a reference to a test or a symbol, `file#name`; null when it stands. */
export function broken(reference: string, kind: 'code' | 'tests', repository: Repository): string | null {
  const [path = '', name] = reference.split(/#(.*)/s);
  const source = repository.sources.find((each) => each.path === path);
  if (source === undefined) return `${path} does not exist.`;
  if (kind === 'tests') {
    if (!/\.test\.ts$/.test(path)) return `${path} is not a test.`;
    return name === undefined || titlesOf(source).has(name) ? null : `${path} has no test called "${name}".`;
  }
  if (name === undefined) return `${path}: name the symbol after a #.`;
  return declares(source, name) ? null : `${path} declares no ${name}.`;
}

function inEntries(
  entries: ReadonlyMap<string, Entry>,
  clauses: ReadonlyMap<string, Finding>,
  repository: Repository,
): Finding[] {
  const findings: Finding[] = [];
  for (const [id, { line, code, tests, gap }] of entries) {
    const unfounded = gap === '' && (code.length === 0 || tests.length === 0);
    const problems = [
      clauses.has(id) ? null : 'no such clause in spec/. Write it, or remove the entry.',
      unfounded ? 'give code and tests, or a gap with its reason.' : null,
      ...code.map((each) => broken(each, 'code', repository)),
      ...tests.map((each) => broken(each, 'tests', repository)),
    ];
    for (const problem of problems) {
      if (problem !== null) findings.push({ path: refsPath, line, sentence: `§${id}: ${problem}` });
    }
  }
  return findings;
}

/** Citations of clauses that nobody wrote. */
function inCode(repository: Repository, clauses: ReadonlyMap<string, Finding>): Finding[] {
  const findings: Finding[] = [];
  for (const { path, text, lineOf } of repository.sources) {
    if (path.startsWith('tools/')) continue;
    for (const { 0: cited, 1: section, 2: number = '', index } of text.matchAll(citation)) {
      if (clauses.has(idOf(section, number))) continue;
      findings.push({
        path,
        line: lineOf(index),
        sentence: `${cited} is not in spec/. Cite the clause that is meant.`,
      });
    }
  }
  return findings;
}

/** Clause → symbol → test, without holes. */
export const specification: Rule = {
  name: 'every clause of the specification has its code and its test',
  check(repository) {
    const clauses = clausesOf(repository.files);
    const entries = parseRefs(repository.files.get(refsPath) ?? '');
    const ids = [...clauses.keys()];
    const findings: Finding[] = [...clauses.values()].filter(({ sentence }) => sentence !== '');
    for (const [id, { path, line, isHeading }] of clauses) {
      const isSection = isHeading && ids.some((other) => other.startsWith(`${id}.`));
      if (isSection || entries.has(id) || id.includes(' again at ')) continue;
      findings.push({ path, line, sentence: `§${id} has no entry in ${refsPath}.` });
    }
    return [...findings, ...inEntries(entries, clauses, repository), ...inCode(repository, clauses)];
  },
};
