import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineInfo } from '@assay/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tinyByteId, writeTinyModel } from '../gguf/tiny.ts';
import { type LlamaBackend, startLlamaBackend } from '../llama/backend.ts';
import { startLlamaServer } from '../upstream/llama-server.fixture.ts';
import { openServedModel } from '../upstream/served-model.ts';
import { TinyCompletions } from '../upstream/tiny-completions.fixture.ts';
import { type Calibration, type CalibrationProgress, calibrate } from './calibrate.ts';

let auditor: LlamaBackend;
let path = '';
const never = new AbortController().signal;

beforeAll(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'calibrate-')), 'tiny.gguf');
  await writeTinyModel(path);
  auditor = await startLlamaBackend({ threads: 1, contextTokens: 512 });
});
afterAll(() => auditor[Symbol.asyncDispose]());

async function asked(changes: Partial<Calibration> = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'calibrate-'));
  const seen: CalibrationProgress[] = [];
  const file = { path, fileHash: 'ab'.repeat(32) };
  const onProgress = (progress: CalibrationProgress) => void seen.push(progress);
  const usual = { file, miner: null, auditor, requests: 8, substitutes: 4, directory, onProgress };
  return { calibration: { ...usual, ...changes }, seen, directory };
}

describe('a calibration (verification §3.3)', () => {
  it('finds that an engine repeats itself, and that four bits do not', async () => {
    const { calibration, seen } = await asked();
    const { profile, flaw, honest, substituted } = await calibrate(calibration, never);
    expect(flaw).toBe('requests');
    expect(profile.requests).toBeGreaterThanOrEqual(8);
    expect(honest.t1Ppb.max).toBeLessThan(100_000);
    expect(honest.mismatches).toBe(0);
    expect(profile.substituteT1Ppb).toBeGreaterThan(10 * profile.t1LimitPpb);
    expect(substituted.mismatches).toBeGreaterThan(0.05);
    expect(profile.minerEngine).toEqual(EngineInfo.hashTreeRoot(auditor.engine));
    expect(seen.at(-1)).toMatchObject({ part: 'substituted', total: 4 });
    expect(seen.at(-1)?.leftS).not.toBeNull();
  });

  it('finds that another attention is another engine', async () => {
    await using miner = await startLlamaBackend({ threads: 1, numerics: { flashAttention: false } });
    const model = await miner.open(path);
    const { calibration } = await asked({ miner: { model, engine: miner.engine }, requests: 4 });
    const { profile, honest } = await calibrate(calibration, never);
    expect(profile.minerEngine).not.toEqual(profile.auditorEngine);
    expect(honest.t1Ppb.max).toBeGreaterThan(0);
  });

  it('measures a server, whose chance nobody repeats', async () => {
    const completions = await TinyCompletions.open(path);
    const { vocabularySize, weightBytes } = await auditor.openVocabulary(path);
    const bytesOf = (id: number) => (id >= tinyByteId(0) ? [id - tinyByteId(0)] : []);
    const served = await startLlamaServer(completions, { vocabularySize, weightBytes, bytesOf });
    const miner = await openServedModel(auditor, path, { url: served.url, modelName: null, contextTokens: null });
    if (!('model' in miner)) throw new Error(miner.reason);
    const { calibration } = await asked({ miner, requests: 1, substitutes: 1 });
    const { profile, honest } = await calibrate(calibration, never);
    expect(profile.minerEngine).toEqual(EngineInfo.hashTreeRoot(miner.engine));
    expect(honest.t1Ppb.max).toBeLessThan(2_000_000);
    expect(honest.mismatches).toBe(0);
    await served.close();
    await completions.close();
  });

  it('goes on where it was interrupted, with a line that was cut off', async () => {
    const controller = new AbortController();
    const { calibration, seen, directory } = await asked();
    const interrupted = { ...calibration, onProgress: () => controller.abort(new Error('stopped')) };
    await expect(calibrate(interrupted, controller.signal)).rejects.toThrow('stopped');
    const [name = ''] = await readdir(directory);
    await writeFile(join(directory, name), '[77,{"variationsP', { flag: 'a' });
    await calibrate(calibration, never);
    expect(seen[0]).toMatchObject({ part: 'honest', total: 8 });
    expect(seen[0]?.done).toBeGreaterThan(1);
    const lines = (await readFile(join(directory, name), 'utf8')).split('\n').filter((line) => line.endsWith(']'));
    expect(new Set(lines.map((line) => JSON.parse(line)[0])).size).toBe(lines.length);
    const before = seen.length;
    await calibrate(calibration, never);
    expect(seen).toHaveLength(before);
    expect(await readdir(directory)).not.toContainEqual(expect.stringMatching(/gguf/));
  });
});
