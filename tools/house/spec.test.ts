import { describe, expect, it } from 'vitest';
import { houseOf } from './house.ts';
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
  const house = houseOf(new Map(Object.entries({ ...base, ...change })));
  return specification.check(house).map(({ path, line, sentence }) => `${path}:${line} ${sentence}`);
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
