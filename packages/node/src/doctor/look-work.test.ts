import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256, toHex } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { writeTinyModel } from '../inference/gguf/tiny.ts';
import { newDirectory } from '../store/directory.fixture.ts';
import { lookAtWork } from './look-work.ts';

describe('a look at what a machine can compute with §20.5', () => {
  it('is the engine by name, the hash of the file, and how fast the model is', async () => {
    const path = join(await newDirectory(), 'tiny.gguf');
    await writeTinyModel(path);
    const { engine, fileHash, speed } = await lookAtWork({ path, isQuick: false });
    expect(engine).toMatchObject({ name: 'llama.cpp', sampler: 'seeded' });
    expect(fileHash).toBe(toHex(sha256(readFileSync(path))));
    expect(speed).toMatchObject({ writtenPerSecond: expect.any(Number), readPerSecond: expect.any(Number) });
    const quick = await lookAtWork({ path, isQuick: true });
    expect([quick.fileHash, quick.speed]).toEqual([null, null]);
  });

  it('says of a file that is no model that the speed is not known, and goes on', async () => {
    const { engine, speed } = await lookAtWork({ path: import.meta.filename, isQuick: false });
    expect(engine).toMatchObject({ name: 'llama.cpp' });
    expect(speed).toMatchObject({ problem: expect.any(String) });
  });
});
