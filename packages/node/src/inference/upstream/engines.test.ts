import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferencePayload, outputIds, type Sampling } from '@assay/protocol';
import { structureFlaw } from '@assay/roles/audit/structure';
import { structureReference } from '@assay/roles/audit/structure-reference';
import { Generation, modelWorker } from '@assay/roles/miner/index';
import type { GeneratedToken } from '@assay/roles/ports/inference';
import { decodeText } from '@assay/roles/utf8';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { tinyByteId, writeTinyModel } from '../gguf/tiny.ts';
import { type LlamaBackend, startLlamaBackend } from '../llama/backend.ts';
import type { Vocabulary } from '../vocabulary.ts';
import { UpstreamModel } from './model.ts';
import { openServer } from './open.ts';
import { type Served, serve } from './served.fixture.ts';
import { startSglang } from './sglang.fixture.ts';
import { TinyCompletions } from './tiny-completions.fixture.ts';
import { startVllm } from './vllm.fixture.ts';

let backend: LlamaBackend;
let vocabulary: Vocabulary;
let completions: TinyCompletions;
let path = '';
const never = new AbortController().signal;
const contextTokens = 512;
const plain: Sampling = { temperatureMicro: 800_000, topPMicro: 1_000_000, topK: 0, minPMicro: 0, seed: 7 };

beforeAll(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'engines-')), 'tiny.gguf');
  await writeTinyModel(path);
  backend = await startLlamaBackend({ threads: 1, sequences: 1, contextTokens });
  vocabulary = await backend.openVocabulary(path);
  completions = await TinyCompletions.open(path);
});
afterAll(async () => {
  await backend[Symbol.asyncDispose]();
  await completions.close();
});

/** A server, and what it opens to. */
async function opened(start: Promise<Served>) {
  const served = await start;
  onTestFinished(served.close);
  const found = await openServer(served.url, { modelName: null, contextTokens: null, vocabulary });
  return { served, found };
}

async function modelOf(start: Promise<Served>) {
  const { served, found } = await opened(start);
  if (!('server' in found)) throw new Error(found.reason);
  return { served, server: found.server, model: new UpstreamModel(vocabulary, found.server, contextTokens) };
}

async function run(model: UpstreamModel, { signal = never, ...changes }: Asked = {}) {
  const tokens: GeneratedToken[] = [];
  let text = '';
  let finish = '';
  const promptIds = [...Buffer.from('Once upon a time')].map(tinyByteId);
  const request = { promptIds, maxTokens: 40, sampling: plain, stop: [], topLogprobs: 5, ...changes };
  for await (const event of model.generate(request, signal)) {
    text += decodeText(event.text);
    if (event.type === 'tokens') tokens.push(...event.tokens);
    else finish = event.finish;
  }
  return { request, ids: tokens.map(({ id }) => id), tokens, text, finish };
}
interface Asked {
  readonly signal?: AbortSignal;
  readonly sampling?: Sampling;
  readonly stop?: readonly string[];
  readonly maxTokens?: number;
}

const servers: readonly (readonly [string, () => Promise<Served>])[] = [
  ['vLLM', () => startVllm(completions, { maxLogprobs: 64 })],
  ['vLLM, several tokens an event', () => startVllm(completions, { maxLogprobs: 64, interval: 5 })],
  ['SGLang', () => startSglang(completions)],
  ['SGLang, which says only what is new', () => startSglang(completions, { isIncremental: true })],
];

describe.each(servers)('a server that speaks as %s (verification §1.8)', (_, start) => {
  it.each([
    ['greedy', { ...plain, temperatureMicro: 0 }],
    ['at a temperature', plain],
    ['cut by rank, mass and least part', { ...plain, topK: 20, topPMicro: 700_000, minPMicro: 20_000 }],
    ['cut to the likeliest', { ...plain, topPMicro: 0 }],
  ])('gives raw probabilities of the registered file, and choices that an auditor finds: %s', async (_, sampling) => {
    const { model, server } = await modelOf(start());
    const { tokens, request, ids } = await run(model, { sampling });
    expect(tokens.length).toBeGreaterThan(0);
    const positions = tokens.map(({ top }, index) => ({ index, ids: top.map(({ id }) => id) }));
    const { sampler } = server.engine;
    const asked = { promptIds: request.promptIds, outputIds: ids, positions, sampling, sampler, asksEnd: true };
    const reference = await (await backend.open(path)).score(asked, never);
    for (const [i, { probabilitiesPpb, choiceMarginMicro }] of reference.positions.entries()) {
      const reported = tokens[i]?.top.map(({ negLogprobMicro }) => 1e9 * Math.exp(-negLogprobMicro / 1e6)) ?? [];
      for (const [j, ppb] of probabilitiesPpb.entries()) expect(Math.abs(ppb - (reported[j] ?? 0))).toBeLessThan(2e6);
      expect(choiceMarginMicro).toBeLessThan(5000);
    }
    // The server as the auditor: by one prefill, the same numbers.
    const own = await model.score(asked, never);
    for (const [i, { probabilitiesPpb, leadMicro }] of own.positions.entries()) {
      expect(leadMicro).toBeLessThan(5000);
      for (const [j, ppb] of probabilitiesPpb.entries())
        expect(Math.abs(ppb - (reference.positions[i]?.probabilitiesPpb[j] ?? 0))).toBeLessThan(2e6);
    }
    expect(own.end?.isLikely).toBe(reference.end?.isLikely);
  });

  it('makes answers that are never malformed, stopped or not, whoever ends them (verification §2.1)', async () => {
    const { model, server } = await modelOf(start());
    const finishes = new Set<string>();
    for (const [seed, stop] of [
      [1, []],
      [2, ['a', 'é']],
      [3, ['\ufffd']],
      [4, ['\u0000\ufffd']],
      [5, []],
    ] as const) {
      const sampling = { ...plain, temperatureMicro: 1_200_000, seed };
      const messages = [{ role: 'user' as const, content: `\ufeffé\u0000${seed}` }];
      const payload = { ...InferencePayload.defaultValue(), maxTokens: 200, sampling, stop: [...stop], messages };
      const answer = new Generation();
      const worker = modelWorker(model, server.engine);
      for await (const event of worker.generate(payload, { maxTokensIn: 512, maxTokensOut: 200 }, never)) {
        answer.add(event);
      }
      const facts = { taskId: new Uint8Array(32), miner: 0, fileHash: new Uint8Array(32), engine: server.engine };
      const more = { seal: new Uint8Array(32), contextTokens, sampling, firstTokenMs: 0, totalMs: 0 };
      const artifact = answer.artifact({ ...facts, ...more });
      const asked = { payload, outputIds: outputIds(artifact), contextTokens };
      expect(structureFlaw(artifact, await structureReference(model, asked))).toBeNull();
      finishes.add(artifact.finish);
    }
    expect(finishes).toContain('stop');
  });

  it('is left by who has found a stop sequence, or was left, before it is done', async () => {
    const { model, served } = await modelOf(start());
    const { text } = await run(model);
    const stop = text.slice(6, 8);
    const before = served.left();
    const stopped = await run(model, { stop: [stop] });
    expect(stopped).toMatchObject({ text: text.slice(0, text.indexOf(stop)), finish: 'stop' });
    await expect.poll(() => served.left()).toBe(before + 1);
    const controller = new AbortController();
    const reason = new Error('the client left');
    const leaving = (async () => {
      const request = { promptIds: [tinyByteId(65)], maxTokens: 400, sampling: plain, stop: [], topLogprobs: 5 };
      for await (const event of model.generate(request, controller.signal)) {
        if (event.type === 'tokens') controller.abort(reason);
      }
    })();
    await expect(leaving).rejects.toBe(reason);
    await expect.poll(() => served.left()).toBe(before + 2);
  });

  it('is asked for nothing that its context cannot hold', async () => {
    const { model } = await modelOf(start());
    await expect(run(model, { maxTokens: 497 })).rejects.toMatchObject({ code: 'CONTEXT_TOO_LONG' });
    expect((await run(model, { maxTokens: 0 })).finish).toBe('length');
  });
});

describe('what a server says of itself', () => {
  it('becomes the engine that is registered (§3.8)', async () => {
    const vllm = await modelOf(startVllm(completions, { maxLogprobs: 64 }));
    expect(vllm.server.engine).toMatchObject({ name: 'vllm', build: '0.18.0', sampler: 'temperatureFirst' });
    expect(vllm.server.engine).toMatchObject({ tensorParallel: 2, prefixCache: false });
    const sglang = await modelOf(startSglang(completions));
    expect(sglang.server.engine).toMatchObject({ name: 'sglang', build: '0.5.9', backend: 'cuda', attention: 'fa3' });
    expect(sglang.server.engine).toMatchObject({ weights: 'bfloat16', tensorParallel: 4, prefixCache: true });
  });

  it('says what an auditor lacks where it gives too few alternatives to score with', async () => {
    const { server, model } = await modelOf(startVllm(completions));
    expect(server.scoringCure).toBe('Start vLLM with --max-logprobs 64.');
    const { request, ids } = await run(model, { maxTokens: 4 });
    const asked = { ...request, outputIds: ids, positions: [{ index: 0, ids: [] }], sampler: 'seeded' as const };
    await expect(model.score({ ...asked, asksEnd: false }, never)).rejects.toMatchObject({
      code: 'BACKEND_FAILED',
      message: expect.stringContaining('--max-logprobs 64'),
    });
  });
});

describe('a server that cannot be re-checked gives text only, and it is said why', () => {
  it.each<readonly [string, () => Promise<Served>, RegExp]>([
    [
      'vLLM after temperature and cuts',
      () => startVllm(completions, { mode: 'processed_logprobs' }),
      /after temperature or cuts.*--logprobs-mode raw_logprobs/,
    ],
    ['SGLang as it is', () => startSglang(completions, { isOriginal: false }), /SGLANG_RETURN_ORIGINAL_LOGPROB=1/],
    ['too few alternatives', () => startVllm(completions, { maxLogprobs: 4 }), /greater than max allowed: 4/],
    [
      'another tokenizer',
      () => startVllm(completions, { textOf: () => 'other words' }),
      /reads its tokens as "other w/,
    ],
    ['Ollama', () => listing({ id: 'llama3', owned_by: 'library' }), /llama\.cpp, vLLM, SGLang/],
    [
      'a llama.cpp server of another file',
      () => otherFile(),
      /another file: 32000 tokens and 1 bytes.*not 261 and.*-m FILE/,
    ],
  ])('%s', async (_, start, reason) => {
    const { found } = await opened(start());
    expect(found).toEqual({ reason: expect.stringMatching(reason) });
  });

  it('too small a context', async () => {
    const served = await startSglang(completions);
    onTestFinished(served.close);
    const found = await openServer(served.url, { modelName: null, contextTokens: 1024, vocabulary });
    expect(found).toEqual({ reason: expect.stringContaining('holds 512 tokens of context for an answer, and 1024') });
  });
});

const listing = (model: object) => serve({ 'GET /v1/models': (_, reply) => reply.json({ data: [model] }) });

function otherFile(): Promise<Served> {
  const meta = { n_vocab: 32_000, size: 1, n_ctx: 4096 };
  return serve({
    'GET /v1/models': (_, reply) => reply.json({ data: [{ id: 'other', owned_by: 'llamacpp', meta }] }),
    'GET /props': (_, reply) => reply.json({ default_generation_settings: { n_ctx: 4096 }, build_info: 'b1' }),
  });
}
