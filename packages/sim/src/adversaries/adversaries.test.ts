import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readGgufHeader } from '@assay/node/inference/gguf/read';
import { writeTinyModel } from '@assay/node/inference/gguf/tiny';
import { newDirectory } from '@assay/node/store/directory.fixture';
import { describe, expect, it } from 'vitest';
import { adversaries, attackersOf } from './index.ts';
import { withoutLayers } from './miner/fewer-layers.ts';
import { requantised } from './miner/requantised.ts';
import { sybilPair } from './miner/sybil-pair.ts';

const threats = readFileSync(new URL('../../../../spec/threats.md', import.meta.url), 'utf8');

describe('the attacks that anybody can run', () => {
  it('have names of their own, a sentence of what they do and lose, and a line in spec/threats.md', () => {
    expect(new Set(adversaries.map(({ name }) => name)).size).toBe(adversaries.length);
    for (const { name, does, loses } of adversaries) {
      expect(does).toMatch(/^[A-Z].*\.$/);
      expect(loses).toMatch(/^[A-Z].*\.$/);
      expect(threats).toContain(`\n| \`${name}\` `);
    }
  });

  it.each([
    [requantised, null, 3, [0]],
    [requantised, 0.5, 3, [0, 1]],
    [requantised, 1, 3, [0, 1, 2]],
    [requantised, 0.001, 3, [0]],
    [sybilPair, null, 3, [0, 1]],
    [sybilPair, null, 1, [0]],
  ])('are by the first members of a role (%#)', (adversary, share, count, members) => {
    expect(attackersOf(adversary, share, count).members).toEqual(members);
  });
});

it('cuts layers out of the middle of a model, at least one', async () => {
  const dir = await newDirectory();
  const [source, target] = [join(dir, 'whole.gguf'), join(dir, 'cut.gguf')];
  await writeTinyModel(source);
  await withoutLayers(1 / 10)(source, target);
  const { metadata } = await readGgufHeader(target);
  expect(metadata.get('llama.block_count')).toEqual({ type: 'uint32', value: 1 });
});
