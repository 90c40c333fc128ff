import { manifestOf, packageFolders, type Repository, type Rule } from './repository.ts';
import type { Finding, Tree } from './tree.ts';

const maxMapLines = 300;
const ofOneMachine = /(^|[\s"'`(=:])(\/(home|Users|root|work|workspace|mnt|tmp)\/[\w.-]+)/;

/** The rows of the package table: package folder → cell that says what it may import. */
function packageTable(text: string): Map<string, string> {
  const rows = [...text.matchAll(/^\| *`(packages\/[^`]+)` *\|(.*)\|$/gm)];
  return new Map(rows.map(([, folder = '', cells = '']) => [folder, cells.split('|').at(-1)?.trim() ?? '']));
}

function mapFindings(repository: Repository): string[] {
  const text = repository.files.get('ARCHITECTURE.md') ?? '';
  const found: string[] = [];
  const lines = text.trimEnd().split('\n').length;
  if (lines >= maxMapLines) found.push(`${lines} lines; a map has fewer than ${maxMapLines}.`);
  const rows = packageTable(text);
  for (const folder of packageFolders(repository.files)) {
    const cell = rows.get(folder);
    const own = Object.keys(manifestOf(repository.files, folder).dependencies ?? {});
    const ours = own.filter((name) => name.startsWith('@assay/')).map((name) => name.slice('@assay/'.length));
    const written = cell?.match(/`[a-z]+`/g)?.map((word) => word.slice(1, -1)) ?? [];
    if (cell === undefined) found.push(`The package table has no row for ${folder}.`);
    else if (ours.sort().join() !== written.sort().join()) {
      found.push(`The table lets ${folder} import "${written.join(', ')}", its package.json "${ours.join(', ')}".`);
    }
    rows.delete(folder);
  }
  for (const folder of rows.keys()) found.push(`The package table names ${folder}, which does not exist.`);
  return found;
}

/** The map of the repository is short and true. */
export const map: Rule = {
  name: 'ARCHITECTURE.md is short, and its package table agrees with every package.json',
  check: (repository) => mapFindings(repository).map((sentence) => ({ path: 'ARCHITECTURE.md', line: 0, sentence })),
};

/** The states of an enumeration such as `export const TaskState = enumOf('create', …)`. */
function statesOf(text: string, name: string): string[] {
  const body = new RegExp(String.raw`const ${name} = enumOf\(([^)]*)\)`).exec(text)?.[1] ?? '';
  return [...body.matchAll(/'(\w+)'/g)].map(([, state = '']) => state);
}

/** The states of a Mermaid state diagram, without those that it names itself. */
function drawnStates(diagram: string): Set<string> {
  const named = new Set([...diagram.matchAll(/^ *state ".*" as (\w+)/gm)].map(([, name]) => name));
  const ends = [...diagram.matchAll(/^ *(\S+) --> ([^\s:]+)/gm)].flatMap(([, from = '', to = '']) => [from, to]);
  return new Set(ends.filter((state) => state !== '[*]' && !named.has(state)));
}

function inDrawing(section: string, files: Tree): string[] {
  const diagram = /^```mermaid\nstateDiagram-v2\n(.*?)^```/ms.exec(section)?.[1];
  if (diagram === undefined) return [];
  const [, name = '', path = ''] = /`(\w+)`\s+of\s+`([^`]+)`/.exec(section) ?? [];
  const [drawn, states] = [drawnStates(diagram), statesOf(files.get(path) ?? '', name)];
  if (states.length === 0) return ['Say what the states are: `name` of `file`, an enumeration that is there.'];
  const missing = states.filter((state) => !drawn.delete(state));
  return [
    ...missing.map((state) => `${name} has ${state}, and the drawing has not.`),
    ...[...drawn].map((state) => `The drawing has ${state}, and ${name} has not.`),
  ];
}

/** A drawing of states shows those of the code. */
export const drawings: Rule = {
  name: 'state diagrams have the states of the code',
  check({ files }) {
    return [...files]
      .filter(([path]) => path.endsWith('.md'))
      .flatMap(([path, text]) =>
        text
          .split(/^## /m)
          .flatMap((section) => inDrawing(section, files))
          .map((sentence) => ({ path, line: 0, sentence })),
      );
  },
};

/** No file works on one machine only. */
export const machinePaths: Rule = {
  name: 'no file names a folder of one machine',
  check(repository) {
    const findings: Finding[] = [];
    for (const [path, text] of repository.files) {
      for (const [index, line] of text.split('\n').entries()) {
        const machinePath = ofOneMachine.exec(line)?.[2];
        if (machinePath === undefined) continue;
        const sentence = `${machinePath} exists on one machine. Use a relative path, os.homedir() or os.tmpdir().`;
        findings.push({ path, line: index + 1, sentence });
      }
    }
    return findings;
  },
};
