import { readFileSync } from 'node:fs';
import { type CodeInfo, edgeCodes, resultCodes } from '@assay/protocol';
import { describe, expect, it } from 'vitest';

const document = readFileSync(new URL('../../../../spec/errors.md', import.meta.url), 'utf8');

/** The rows of the table under a heading, without head and rule. */
function rowsUnder(heading: string): string[] {
  const [, section = ''] = document.split(`## ${heading}\n`);
  const rows =
    section
      .split('\n## ')[0]
      ?.split('\n')
      .filter((line) => line.startsWith('|')) ?? [];
  return rows.slice(2);
}
const rowsOf = (codes: Readonly<Record<string, CodeInfo>>): string[] =>
  Object.entries(codes).map(([code, { status, type, sentence }]) =>
    code === 'OK' ? `| \`OK\` | 200 | – | ${sentence} |` : `| \`${code}\` | ${status} | \`${type}\` | ${sentence} |`,
  );

describe('spec/errors.md', () => {
  it('lists every result code in order of precedence, and no other', () => {
    expect(rowsUnder('Results of a transaction')).toEqual(rowsOf(resultCodes));
  });

  it('lists every code of the edges, and no other', () => {
    expect(rowsUnder('Answers of a node')).toEqual(rowsOf(edgeCodes));
  });

  it('needs no code to mean two things', () => {
    expect(Object.keys(edgeCodes).filter((code) => code in resultCodes)).toEqual([]);
  });
});
