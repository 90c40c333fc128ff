import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runs, temporaryDirectory } from './network.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = join(root, 'packages/sim/src/justice/main.ts');

it('`npm run justice` prints the whole table, from real answers and whole lives (F2)', async () => {
  const directory = temporaryDirectory();
  const [json, svg] = ['table.json', 'curves.svg'].map((name) => join(directory.path, name));
  const asked = ['--quick', '--answers', '2', '--json', json ?? '', '--svg', svg ?? ''];
  const { code, out, err } = await runs([process.execPath, program, ...asked], { cwd: root, env: process.env });
  expect(code, err).toBe(0);
  const { rows } = JSON.parse(await readFile(json ?? '', 'utf8')) as {
    rows: readonly { measure: string; found: string; outcome: string }[];
  };
  for (const { measure, found } of rows) {
    expect(out).toContain(measure);
    expect(out).toContain(found);
  }
  const outcomeOf = (part: string) => rows.find(({ measure }) => measure.includes(part))?.outcome;
  // Two answers prove no rate; of what they show nothing may be missed that is met with more.
  const kinds = [
    '4-bit weights for',
    'layers cut out',
    'a smaller model',
    'honest answers that fail',
    'a lazy validator',
  ];
  for (const part of kinds) expect(['open', 'met'], part).toContain(outcomeOf(part));
  expect(outcomeOf('who always cheats')).toBe('met');
  expect(outcomeOf('error curves')).toBe('met');
  expect(outcomeOf('two identities')).toBe('missed');
  for (const part of ['cooler', 'inflated', 'evidence costs']) expect(outcomeOf(part), part).toBeDefined();
  expect(await readFile(svg ?? '', 'utf8')).toContain('<polyline');
  directory.remove();

  const wrong = await runs([process.execPath, program, '--answers', 'many'], { cwd: root, env: process.env });
  expect(wrong).toMatchObject({ code: 2, err: '--answers takes a whole number from 1 to 1,000,000, not "many".\n' });
}, 240_000);
