import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readGgufHeader } from '@assay/node/inference/gguf/read';
import { writeTinyModel } from '@assay/node/inference/gguf/tiny';
import { newDirectory } from '@assay/node/store/directory.fixture';
import { describe, expect, it } from 'vitest';
import { adversaries, attackersOf } from './index.ts';
import { keepLayers } from './miner/fewer-layers.ts';
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

describe('a model without some of its layers', () => {
  it('says how many it has, and numbers them from zero', async () => {
    const dir = await newDirectory();
    const [source, target] = [join(dir, 'whole.gguf'), join(dir, 'cut.gguf')];
    await writeTinyModel(source);
    await keepLayers(source, target, () => 1);
    const [whole, cut] = [await readGgufHeader(source), await readGgufHeader(target)];
    expect(cut.metadata.get('llama.block_count')).toEqual({ type: 'uint32', value: 1 });
    const names = cut.tensors.map(({ name }) => name);
    expect(names).toEqual(whole.tensors.map(({ name }) => name).filter((name) => !name.startsWith('blk.1.')));
  });
});
