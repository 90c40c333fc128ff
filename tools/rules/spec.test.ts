import { describe, expect, it } from 'vitest';
import { repositoryOf } from './repository.ts';
import { sections } from './sections.ts';
import { parseRefs, specification } from './spec.ts';

const clauses = `# Title
1. an ordinary list
## §7 Committee
7.1 Mixers are few.
**7.2** Batches are
certified.
## §13 Codes
- economics §2.1 Money moves.
`;
const code = `/** §7.1 */ export function few() {}
export class Batch { certify() {} } // §7.2, §7, §13
const cut = 1; // economics §2.1
`;
const test = "describe('batches', () => { it('are certified', () => {}); it.each([1])('pays %s', f); });";
const refs = `# what decides what
"7.1":
  code:
    - src/a.ts#few
  tests:
    - src/a.test.ts
"7.2":
  code:
    - src/a.ts#certify
  tests:
    - src/a.test.ts#are certified
"13":
  gap: nothing answers with a code yet
"economics 2.1":
  code:
    - src/a.ts#cut
  tests:
    - src/a.test.ts#pays %s
`;

function findings(change: Readonly<Record<string, string>>): string[] {
  const base = { 'spec/a.md': clauses, 'spec/refs.yml': refs, 'src/a.ts': code, 'src/a.test.ts': test };
  const repository = repositoryOf(new Map(Object.entries({ ...base, ...change })));
  return specification.check(repository).map(({ path, line, sentence }) => `${path}:${line} ${sentence}`);
}

describe('the specification', () => {
  it('is whole when every clause has code and tests, or a reason', () => {
    expect(findings({})).toEqual([]);
  });

  it.each([
    ['a clause without entry', { 'spec/b.md': '7.4 New.' }, 'spec/b.md:1 §7.4 has no entry'],
    ['a number used twice', { 'spec/b.md': '7.2 Again.' }, 'spec/b.md:1 §7.2 is also in spec/a.md'],
    [
      'an entry without clause',
      { 'spec/refs.yml': `${refs}"8":\n  gap: later\n` },
      'spec/refs.yml:19 §8: no such clause',
    ],
    ['an absent file', { 'spec/refs.yml': refs.replace('src/a.ts#few', 'src/b.ts#few') }, 'src/b.ts does not exist'],
    ['an absent symbol', { 'src/a.ts': code.replace('few', 'many') }, 'src/a.ts declares no few'],
    ['an absent test', { 'src/a.test.ts': test.replace('are certified', 'x') }, 'has no test called "are certified"'],
    ['code instead of a test', { 'spec/refs.yml': refs.replace('src/a.test.ts\n', 'src/a.ts\n') }, 'is not a test'],
    ['no reason', { 'spec/refs.yml': refs.replace(/gap: .*/, 'tests:') }, '§13: give code and tests, or a gap'],
    ['a wrong citation', { 'src/b.ts': '\n// §7.9' }, 'src/b.ts:2 §7.9 is not in spec/'],
    [
      'a wrong citation of a section apart',
      { 'src/b.ts': '// verification §2.1' },
      'verification §2.1 is not in spec/',
    ],
  ])('notices %s', (_, change, sentence) => {
    expect(findings(change as Record<string, string>)).toEqual([expect.stringContaining(sentence)]);
  });
});

describe('the sections', () => {
  const table = `| §7 | \`a.md\` | committee | 7.2, 7.4–7.5 |\n| §8 | – | none | all |\n| §9 | \`a.md\` | codes | |\n`;
  const written = '## §7 Committee\n7.1 Few.\n\n7.1.1 Of these.\n\n7.3 Again.\n\n7.6 Last.\n## §9 Codes\nAll.\n';

  function inSections(change: Readonly<Record<string, string>>): string[] {
    const numbers = [...Array(6)].map((_, index) => `## §${index + 1} Before\n`).join('');
    const rows = [...Array(6)].map((_, index) => `| §${index + 1} | \`b.md\` | before | |\n`).join('');
    const base = { 'spec/README.md': rows + table, 'spec/a.md': written, 'spec/b.md': numbers };
    return findingsOf({ ...base, ...change, 'spec/README.md': rows + (change['spec/README.md'] ?? table) });
  }
  const findingsOf = (files: Readonly<Record<string, string>>) =>
    sections.check(repositoryOf(new Map(Object.entries(files)))).map(({ path, sentence }) => `${path} ${sentence}`);

  it('are whole when each is in the table, with the numbers it leaves empty', () => {
    expect(inSections({})).toEqual([]);
  });

  it.each([
    ['a number that is nowhere', { 'spec/README.md': table.replace('7.2, ', '') }, '§7.2 is nowhere'],
    ['a section that is nowhere', { 'spec/README.md': table.replace('| §8', '| 8') }, '§8 is nowhere'],
    ['an empty number that is written', { 'spec/a.md': written.replace('7.3', '7.2') }, '§7.2 is said to be empty'],
    ['a section in another file', { 'spec/README.md': table.replace('a.md', 'b.md') }, '§7 is in spec/a.md. Say so'],
    [
      'a section that is not there',
      { 'spec/README.md': `${table}| §10 | \`a.md\` | x | |\n` },
      '§10 is not in spec/a.md',
    ],
    ['a clause out of order', { 'spec/a.md': written.replace('7.1.1 Of', '7.7 Of') }, '§7.3 stands after §7.7'],
    ['a part passed over', { 'spec/a.md': written.replace('7.1.1', '7.1.2') }, '§7.1.1 is nowhere'],
    ['a long clause', { 'spec/a.md': written.replace('Few', 'few '.repeat(150)) }, '§7.1 has 152 words; at most 150'],
  ])('notice %s', (_, change, sentence) => {
    expect(inSections(change as Record<string, string>)).toContainEqual(expect.stringContaining(sentence));
  });
});

describe('parseRefs', () => {
  it.each([
    ['"1":\n  code: x', 2],
    ['  code:', 1],
    ['"1":\n    - x', 2],
    ['1:', 1],
    ['"1":\n"1":', 2],
  ])('refuses what it does not read: %j', (text, line) => {
    expect(() => parseRefs(text)).toThrow(`spec/refs.yml:${line} is not`);
  });
});
