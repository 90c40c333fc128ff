import { mkdtemp, readFile, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readGgufHeader } from './read.ts';
import { tinyTemplate, writeTinyModel } from './tiny.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gguf-'));
});

async function tiny(name: string, seed?: number): Promise<string> {
  const path = join(folder, name);
  await writeTinyModel(path, seed);
  return path;
}

describe('GGUF files', () => {
  it('reads back what was written', async () => {
    const header = await readGgufHeader(await tiny('a.gguf'));
    expect(header.metadata.get('general.architecture')).toEqual({ type: 'string', value: 'llama' });
    expect(header.metadata.get('tokenizer.chat_template')).toEqual({ type: 'string', value: tinyTemplate });
    expect(header.metadata.get('llama.attention.layer_norm_rms_epsilon')).toEqual({
      type: 'float32',
      value: Math.fround(1e-5),
    });
    expect(header.tensors).toHaveLength(3 + 2 * 9);
    expect(header.tensors[0]).toMatchObject({ name: 'token_embd.weight', shape: [64, 261], typeCode: 0, offset: 0 });
  });

  it('is the same file for the same seed and another for another', async () => {
    const [a, b, c] = await Promise.all([tiny('1.gguf', 1), tiny('1b.gguf', 1), tiny('2.gguf', 2)]);
    expect(await readFile(a)).toEqual(await readFile(b));
    expect(await readFile(a)).not.toEqual(await readFile(c));
  });

  it('says that a file is missing', async () => {
    await expect(readGgufHeader(join(folder, 'none.gguf'))).rejects.toMatchObject({
      code: 'MODEL_FILE_UNUSABLE',
      message: expect.stringContaining('none.gguf does not exist'),
    });
  });

  it.each([
    ['an empty file', ''],
    ['a text', 'once upon a time'],
  ])('says that %s is not a model', async (_, text) => {
    const path = join(folder, 'text.gguf');
    await writeFile(path, text);
    await expect(readGgufHeader(path)).rejects.toThrow('is not a GGUF model');
  });

  it.each([20, 3000, 100_000, 460_000])('says that a file of %i bytes is cut short', async (bytes) => {
    const path = await tiny('cut.gguf');
    await truncate(path, bytes);
    await expect(readGgufHeader(path)).rejects.toThrow('is cut short');
  });

  it('refuses impossible counts without reserving memory for them', async () => {
    const path = await tiny('counts.gguf');
    const bytes = await readFile(path);
    bytes.writeBigUInt64LE(2n ** 60n, 16);
    await writeFile(path, bytes);
    await expect(readGgufHeader(path)).rejects.toThrow('damaged header');
  });
});
