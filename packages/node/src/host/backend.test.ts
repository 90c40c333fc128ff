import { createHash } from 'node:crypto';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { writeTinyModel } from '../inference/gguf/tiny.ts';
import { type Served, serve } from '../inference/upstream/served.fixture.ts';
import { TinyCompletions } from '../inference/upstream/tiny-completions.fixture.ts';
import { startVllm } from '../inference/upstream/vllm.fixture.ts';
import { type ModelFile, openBackend } from './backend.ts';

let file: ModelFile;
let completions: TinyCompletions;

beforeAll(async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'backend-')), 'tiny.gguf');
  await writeTinyModel(path);
  const fileHash = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  file = { name: 'tiny', path, fileHash };
  completions = await TinyCompletions.open(path);
});
afterAll(() => completions.close());

async function open(start: Promise<Served>, changes: Partial<Parameters<typeof openBackend>[0]> = {}) {
  const served = await start;
  const lines: string[] = [];
  const upstream = { url: served.url, model: null };
  const asked = { model: file, upstream, sequences: 1, contextTokens: null, threads: 1, ...changes };
  const serving = await openBackend(asked, null, (line) => lines.push(line));
  onTestFinished(async () => {
    await serving.close();
    await served.close();
  });
  return { serving, said: lines.join('\n') };
}

const listing = () =>
  serve({ 'GET /v1/models': (_, reply) => reply.json({ data: [{ id: 'm', owned_by: 'library' }] }) });

describe('a server in the place of the built-in backend (verification §1.8)', () => {
  it('has its work checked, with the file beside it', async () => {
    const { serving, said } = await open(startVllm(completions, { maxLogprobs: 64 }));
    const worker = serving.workerOf(0);
    expect(worker.engine.name).toBe('vllm');
    expect(worker.model).not.toBeNull();
    expect(serving.model).toMatchObject({ name: 'tiny', contextTokens: 512 });
    expect(Buffer.from(serving.model.fileHash).toString('hex')).toBe(file.fileHash);
    expect(said).toContain('evidence level 2');
    // Who audits here does so with the built-in backend, and its weights.
    expect(serving.measuring?.engine.name).toBe('llama.cpp');
    expect(await serving.measuring?.open(serving.model.fileHash)).toMatchObject({ contextTokens: 512 });
    expect(await serving.measuring?.open(new Uint8Array(32))).toBeNull();
  });

  it('gives text alone where it cannot be checked, and that is said with what to do', async () => {
    const { serving, said } = await open(startVllm(completions, { mode: 'processed_logprobs' }));
    const worker = serving.workerOf(0);
    expect([worker.engine.name, worker.model]).toEqual(['openai-compatible', null]);
    expect(serving.model.name).toBe('tiny');
    expect(said).toMatch(/text only.*--logprobs-mode raw_logprobs[\s\S]*llama-server -m FILE/);
  });

  it('gives text alone without a file, and that is said with what to do', async () => {
    const { serving, said } = await open(listing(), { model: null });
    expect(serving.workerOf(0).model).toBeNull();
    expect(serving.measuring).toBeNull();
    expect(said).toContain('--upstream URL --model FILE');
  });

  it('has to hold the context of the network', async () => {
    const { serving, said } = await open(startVllm(completions), { contextTokens: 1024 });
    expect(serving.workerOf(0).model).toBeNull();
    expect(said).toContain('holds 512 tokens of context for an answer, and 1024 are needed');
  });
});
