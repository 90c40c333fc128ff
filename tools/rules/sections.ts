import type { Repository, Rule } from './repository.ts';
import { type Clause, clausesIn } from './spec.ts';
import type { Finding } from './tree.ts';

const readme = 'spec/README.md';
const maxClauseWords = 150;
const rowOf = /^\| ((?:[a-z]+ )?)§(\d+) \| (?:`([a-z]+\.md)`|–) \|.*\| *([^|]*?) *\|$/gm;

/** A row of the table of sections: the file that has it, and the numbers in it that stay empty. */
interface Row {
  readonly path: string | null;
  readonly retired: ReadonlySet<string>;
}

/** `7.9, 7.12–7.14` as numbers, after the book. */
function numbersOf(book: string, text: string): Set<string> {
  const found = new Set<string>();
  for (const [, section, from, to = from] of text.matchAll(/(\d+)\.(\d+)(?:–\d+\.(\d+))?/g)) {
    for (let number = Number(from); number <= Number(to); number++) found.add(`${book}${section}.${number}`);
  }
  return found;
}

function sectionRows({ files }: Repository): Map<string, Row> {
  const rows = [...(files.get(readme) ?? '').matchAll(rowOf)];
  return new Map(
    rows.map(([, book = '', section, file, empty = '']) => [
      `${book}${section}`,
      { path: file === undefined ? null : `spec/${file}`, retired: numbersOf(book, empty) },
    ]),
  );
}

const numberOf = (id: string): number[] => (id.split(' ').at(-1) ?? '').split('.').map(Number);
const sectionOf = (id: string): string => id.split('.')[0] ?? '';
const bookOf = (id: string): string => /^[a-z]+ /.exec(id)?.[0] ?? '';

/** Whether clause number `a` comes after `b`. */
function follows(a: string, b: string): boolean {
  const [left, right] = [numberOf(a), numberOf(b)];
  const at = left.findIndex((part, index) => part !== right[index]);
  return at !== -1 && (left[at] ?? 0) > (right[at] ?? -1);
}

/** Numbers below the last of each section or clause that nothing has. */
function emptyNumbers(ids: ReadonlySet<string>): Set<string> {
  const empty = new Set<string>();
  for (const id of ids) {
    const parent = id.slice(0, Math.max(id.lastIndexOf('.'), bookOf(id).length));
    const joint = parent === bookOf(id) ? '' : '.';
    const last = numberOf(id).at(-1) ?? 0;
    for (let number = 1; number < last; number++) {
      const sibling = `${parent}${joint}${number}`;
      if (!ids.has(sibling)) empty.add(sibling);
    }
  }
  return empty;
}

function inOrder(clauses: readonly Clause[]): Finding[] {
  const findings: Finding[] = [];
  const last = new Map<string, string>();
  for (const { id, path, line, words } of clauses) {
    const book = path + bookOf(id);
    const before = last.get(book);
    if (before !== undefined && id !== before && !follows(id, before)) {
      findings.push({ path, line, sentence: `§${id} stands after §${before}. Put it where its number says.` });
    }
    if (words > maxClauseWords) {
      findings.push({
        path,
        line,
        sentence: `§${id} has ${words} words; at most ${maxClauseWords}. Split it by rule.`,
      });
    }
    last.set(book, id);
  }
  return findings;
}

function inTable(clauses: readonly Clause[], rows: ReadonlyMap<string, Row>): string[] {
  const ids = new Set(clauses.map(({ id }) => id));
  const empty = emptyNumbers(ids);
  const sections = new Map(clauses.map(({ id, path }) => [sectionOf(id), path]));
  const found: string[] = [];
  for (const [section, path] of sections) {
    if (rows.get(section)?.path !== path) found.push(`§${section} is in ${path}. Say so in the table of sections.`);
  }
  for (const [section, { path, retired }] of rows) {
    if (path !== null && !sections.has(section)) found.push(`§${section} is not in ${path}.`);
    if (path === null) empty.delete(section);
    for (const id of retired) {
      if (ids.has(id)) found.push(`§${id} is said to be empty, and is in spec/.`);
      empty.delete(id);
    }
  }
  for (const id of empty) found.push(`§${id} is nowhere. Say in the table of sections that it stays empty.`);
  return found;
}

/** A reader finds each clause by its number, and each is short. */
export const sections: Rule = {
  name: 'clauses are short and in order, and spec/README.md says where each section is',
  check(repository) {
    const clauses = clausesIn(repository.files);
    const table = inTable(clauses, sectionRows(repository));
    return [...inOrder(clauses), ...table.map((sentence) => ({ path: readme, line: 0, sentence }))];
  },
};
