import type { Rule } from './repository.ts';
import { type Finding, isTest } from './tree.ts';

/** Where bytes are what a miner wrote, is paid for, and is judged by. */
const judged = /^packages\/(roles\/src(?!\/utf8)|node\/src\/inference)/;
const sentence =
  'A plain TextDecoder drops a byte order mark. Compare bytes; for people, use decodeText or TextPieces of utf8.ts.';

/** What decides about an answer is bytes; text is made of them in one place. */
export const texts: Rule = {
  name: 'bytes become text in one place',
  check({ sources }) {
    const findings: Finding[] = [];
    for (const { path, text } of sources.filter((source) => judged.test(source.path) && !isTest(source.path))) {
      text.split('\n').forEach((line, index) => {
        if (line.includes('new TextDecoder(')) findings.push({ path, line: index + 1, sentence });
      });
    }
    return findings;
  },
};
