import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commands } from './commands.ts';
import { exitCodes } from './exit-codes.ts';

const spec = readFileSync(new URL('../../../spec/cli.md', import.meta.url), 'utf8');

/** The rows of the table under a heading, without head and rule. */
function rowsUnder(heading: string): string[] {
  const [, section = ''] = spec.split(`## ${heading}\n`);
  const rows =
    section
      .split('\n## ')[0]
      ?.split('\n')
      .filter((line) => line.startsWith('|')) ?? [];
  return rows.slice(2);
}

describe('spec/cli.md', () => {
  it('lists every exit code and no other', () => {
    const rows = Object.values(exitCodes).map(({ code, meaning }) => `| ${code} | ${meaning} |`);
    expect(rowsUnder('Exit codes')).toEqual(rows);
  });

  it('lists every command with its arguments and options, and no other', () => {
    // One row stands for all kinds of transactions; `assay tx` lists them.
    const listed = commands.filter(({ name }) => !name.startsWith('tx '));
    const rows = listed.map(({ name, arguments: taken, options, summary }) => {
      const words = ['assay', name, ...taken.map(({ syntax }) => syntax)].join(' ');
      const flags = options.map(({ syntax }) => `\`${syntax.replaceAll('|', '\\|')}\``).join(' ');
      return `| \`${words}\` | ${flags || '–'} | ${summary} |`;
    });
    expect(rowsUnder('Commands')).toEqual(rows);
  });
});
