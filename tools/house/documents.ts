import { type House, type Law, manifestOf, packageFolders } from './house.ts';
import type { Finding } from './tree.ts';

const maxMapLines = 300;
const machinePath = /(^|[\s"'`(=:])(\/(home|Users|root|work|workspace|mnt|tmp)\/[\w.-]+)/;

/** The rows of the package table: package folder → cell that says what it may import. */
function packageTable(text: string): Map<string, string> {
  const rows = [...text.matchAll(/^\| *`(packages\/[^`]+)` *\|(.*)\|$/gm)];
  return new Map(rows.map(([, folder = '', cells = '']) => [folder, cells.split('|').at(-1)?.trim() ?? '']));
}

function mapFindings(house: House): string[] {
  const text = house.files.get('ARCHITECTURE.md') ?? '';
  const found: string[] = [];
  const lines = text.trimEnd().split('\n').length;
  if (lines >= maxMapLines) found.push(`${lines} lines; a map has fewer than ${maxMapLines}.`);
  const rows = packageTable(text);
  for (const folder of packageFolders(house.files)) {
    const cell = rows.get(folder);
    const own = Object.keys(manifestOf(house.files, folder).dependencies ?? {});
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

/** The map of the house is short and true. */
export const map: Law = {
  name: 'ARCHITECTURE.md is short, and its package table agrees with every package.json',
  check: (house) => mapFindings(house).map((sentence) => ({ path: 'ARCHITECTURE.md', line: 0, sentence })),
};

/** No file works on one machine only. */
export const places: Law = {
  name: 'no file names a folder of one machine',
  check(house) {
    const findings: Finding[] = [];
    for (const [path, text] of house.files) {
      for (const [index, line] of text.split('\n').entries()) {
        const place = machinePath.exec(line)?.[2];
        if (place === undefined) continue;
        const sentence = `${place} exists on one machine. Use a relative path, os.homedir() or os.tmpdir().`;
        findings.push({ path, line: index + 1, sentence });
      }
    }
    return findings;
  },
};
