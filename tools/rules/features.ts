import type { Repository, Rule } from './repository.ts';
import { broken, citation, clausesIn, idOf, titlesOf } from './spec.ts';
import type { Source } from './syntax.ts';
import type { Finding } from './tree.ts';

const path = 'spec/features.md';
const comment = /\/\/.*|\/\*[\s\S]*?\*\//g;
/** A row’s id, or an end of a range of them; not a part of a word. */
const rowId = /(?<![\w./#-])[A-F][1-9]\d?(?!\w)/g;
const parts = ['clauses', 'tests', 'see'] as const;

interface Row {
  readonly id: string;
  readonly line: number;
  readonly text: string;
}

function rowsOf(text: string): Row[] {
  const lines = text.split('\n');
  const starts = lines.flatMap((line, index) => (line.startsWith('#') ? [index] : []));
  return starts.flatMap((start, index) => {
    const id = /^### ([A-F][1-9]\d?)$/.exec(lines[start] ?? '')?.[1];
    return id === undefined ? [] : [{ id, line: start + 1, text: lines.slice(start, starts[index + 1]).join('\n') }];
  });
}

/** What is behind `- name:` in a row; undefined when the row has no such part, or an empty one. */
const partOf = ({ text }: Row, name: string): string | undefined =>
  new RegExp(String.raw`^- ${name}:(\s+\S[\s\S]*?)(?=^- |$(?![\s\S]))`, 'm').exec(text)?.[1];

function inRow(row: Row, repository: Repository, clauses: ReadonlySet<string>): string[] {
  const missing = parts.filter((part) => partOf(row, part) === undefined);
  const isAbsent = missing.length === parts.length && partOf(row, 'not built') !== undefined;
  const found = isAbsent ? [] : missing.map((part) => `has no "${part}:". Add it, or say what is not built.`);
  for (const [cited, book, number = ''] of row.text.matchAll(citation)) {
    if (!clauses.has(idOf(book, number))) found.push(`${cited} is not in spec/. Name the clause that rules it.`);
  }
  for (const [, document = ''] of row.text.matchAll(/`(spec\/[^`]+)`/g)) {
    if (!repository.files.has(document)) found.push(`${document} does not exist.`);
  }
  for (const [, test = ''] of (partOf(row, 'tests') ?? '').matchAll(/`([^`]+)`/g)) {
    const problem = broken(test, 'tests', repository);
    if (problem !== null) found.push(problem);
  }
  return found;
}

/** Ids of rows that the comments and titles of a file cite, with the line of the first. */
function citedIn(source: Source): Map<string, number> {
  const cited = new Map<string, number>();
  const comments = [...source.text.matchAll(comment)].map(({ 0: text, index }) => ({ text, index }));
  const titles = [...titlesOf(source)].map((text) => ({ text, index: Math.max(source.text.indexOf(text), 0) }));
  for (const { text, index } of [...comments, ...titles]) {
    for (const [id] of text.matchAll(rowId)) if (!cited.has(id)) cited.set(id, source.lineOf(index));
  }
  return cited;
}

function inCode({ sources }: Repository, rows: ReadonlySet<string>): Finding[] {
  return sources
    .filter((source) => !source.path.startsWith('tools/'))
    .flatMap((source) =>
      [...citedIn(source)]
        .filter(([id]) => !rows.has(id))
        .map(([id, line]) => ({ path: source.path, line, sentence: `${id} has no row in ${path}. Write it.` })),
    );
}

/** Row → clause → test, without holes. */
export const features: Rule = {
  name: 'every feature that code cites has a row in spec/features.md, and what a row names exists',
  check(repository) {
    const rows = rowsOf(repository.files.get(path) ?? '');
    const clauses = new Set(clausesIn(repository.files).map(({ id }) => id));
    const ids = rows.map(({ id }) => id);
    const findings = rows.flatMap((row, index) => {
      const again = ids.indexOf(row.id) === index ? [] : ['stands here a second time.'];
      const problems = [...again, ...inRow(row, repository, clauses)];
      return problems.map((problem) => ({ path, line: row.line, sentence: `${row.id}: ${problem}` }));
    });
    return [...findings, ...inCode(repository, new Set(ids))];
  },
};
