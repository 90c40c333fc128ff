import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startLlamaBackend } from '../llama/backend.ts';
import { cutLayers } from './cut-layers.ts';
import { readGgufHeader } from './read.ts';
import { writeTinyModel } from './tiny.ts';

it('gives a model of one layer less, which llama.cpp loads', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cut-layer-'));
  const [source, target] = [join(folder, 'tiny.gguf'), join(folder, 'cut.gguf')];
  await writeTinyModel(source);
  await cutLayers(source, target, (layer) => layer === 0);
  const [whole, cut] = await Promise.all([readGgufHeader(source), readGgufHeader(target)]);
  expect(cut.metadata.get('llama.block_count')).toEqual({ type: 'uint32', value: 1 });
  const layers = (header: typeof cut) => header.tensors.filter(({ name }) => name.startsWith('blk.'));
  expect(layers(cut).map(({ name }) => name)).toEqual(
    layers(whole)
      .map(({ name }) => name)
      .filter((name) => name.startsWith('blk.0.')),
  );
  await using backend = await startLlamaBackend({ threads: 1, contextTokens: 64 });
  await expect(backend.open(target)).resolves.toMatchObject({ vocabularySize: 261 });
});
