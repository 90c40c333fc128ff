import { mkdtemp, open, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LlamaBackend, startLlamaBackend } from '../llama/backend.ts';
import { tensorBytes, tensorTypeOf } from './format.ts';
import { dequantise } from './quants.ts';
import { readGgufHeader, readTensor } from './read.ts';
import { requantise } from './requantise.ts';
import { writeTinyModel } from './tiny.ts';

let folder = '';
let source = '';
let target = '';
let backend: LlamaBackend;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'requantise-'));
  source = join(folder, 'tiny.gguf');
  target = join(folder, 'tiny.Q4_0.gguf');
  await writeTinyModel(source);
  await requantise(source, target, 'Q4_0');
  backend = await startLlamaBackend({ threads: 1, contextTokens: 256 });
});
afterAll(() => backend[Symbol.asyncDispose]());

async function numbersOf(path: string, name: string): Promise<Float32Array> {
  const header = await readGgufHeader(path);
  const tensor = header.tensors.find((one) => one.name === name);
  const type = tensorTypeOf(tensor?.typeCode ?? -1);
  if (tensor === undefined || type === null) throw new Error(`no ${name}`);
  const file = await open(path);
  const data = await readTensor(file, header, tensor, tensorBytes(type, tensor.shape));
  await file.close();
  return dequantise(type, data);
}

describe('requantise', () => {
  it('turns the matrices of the layers into Q4_0 and leaves the rest', async () => {
    const [before, after] = await Promise.all([readGgufHeader(source), readGgufHeader(target)]);
    expect(after.tensors.map(({ name, shape }) => ({ name, shape }))).toEqual(
      before.tensors.map(({ name, shape }) => ({ name, shape })),
    );
    const types = after.tensors.map(({ name, typeCode }) => `${name} ${tensorTypeOf(typeCode)}`);
    expect(types).toContain('blk.1.ffn_down.weight Q4_0');
    expect(types).toContain('blk.1.ffn_norm.weight F32');
    expect(types).toContain('token_embd.weight F32');
    expect(after.metadata.get('tokenizer.ggml.tokens')).toEqual(before.metadata.get('tokenizer.ggml.tokens'));
    expect(await readdir(folder)).not.toContain('tiny.Q4_0.gguf.part');
  });

  it('keeps every weight within one level', async () => {
    const [before, after] = await Promise.all([source, target].map((path) => numbersOf(path, 'blk.0.attn_q.weight')));
    expect(after).toHaveLength(64 * 64);
    for (const [i, number] of before?.entries() ?? []) expect(Math.abs((after?.[i] ?? 9) - number)).toBeLessThan(0.04);
    expect(await numbersOf(target, 'output.weight')).toEqual(await numbersOf(source, 'output.weight'));
  });

  it('gives a model that llama.cpp loads and that answers otherwise', async () => {
    const texts: string[] = [];
    for (const path of [source, target]) {
      const model = await backend.open(path);
      const promptIds = await model.render([{ role: 'user', content: 'Hello' }]);
      const sampling = { temperatureMicro: 0, topPMicro: 1_000_000, topK: 0, minPMicro: 0, seed: 0 };
      const request = { promptIds, maxTokens: 48, sampling, stop: [], topLogprobs: 5 };
      let text = '';
      for await (const event of model.generate(request, new AbortController().signal)) text += event.text;
      texts.push(text);
    }
    expect(texts[0]).not.toBe('');
    expect(texts[1]).not.toBe(texts[0]);
  });

  it('refuses what has nothing to change', async () => {
    await expect(requantise(target, join(folder, 'again.gguf'), 'Q4_0')).rejects.toThrow('is in this encoding already');
  });
});
