import { readFileSync } from 'node:fs';
import { AssayError, type CodeInfo, type EdgeCode, edgeCodes, resultCodes } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { errorHeaders } from './refusal.ts';

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
const edges: Readonly<Record<string, CodeInfo>> = edgeCodes;
const edgeRows = Object.entries(edges).map(
  ([code, { status, type, isFinal, sentence }]) =>
    `| \`${code}\` | ${status} | \`${type}\` | ${isFinal ? 'yes' : '–'} | ${sentence} |`,
);

describe('spec/errors.md', () => {
  it('lists every result code in order of precedence, and no other', () => {
    expect(rowsUnder('Results of a transaction')).toEqual(rowsOf(resultCodes));
  });

  it('lists every code of the edges, and no other', () => {
    expect(rowsUnder('Answers of a node')).toEqual(edgeRows);
  });

  it('has a node say when to ask again, but for what is final', () => {
    const asksAgain = (Object.keys(edgeCodes) as EdgeCode[]).filter(
      (code) => 'retry-after' in errorHeaders(new AssayError(code)),
    );
    const passing = Object.entries(edges).filter(
      ([, { status, isFinal }]) => (status === 503 || status === 429) && !isFinal,
    );
    expect(asksAgain).toEqual(passing.map(([code]) => code));
    expect(asksAgain).toContain('NODE_STOPPED');
    expect(asksAgain).not.toContain('DISK_FULL');
  });

  it('needs no code to mean two things', () => {
    expect(Object.keys(edgeCodes).filter((code) => code in resultCodes)).toEqual([]);
  });
});
