import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferencePayload, outputIds, type Sampling } from '@assay/protocol';
import { structureFlaw } from '@assay/roles/audit/structure';
import { structureReference } from '@assay/roles/audit/structure-reference';
import { Generation, modelWorker } from '@assay/roles/miner/index';
import type { GeneratedToken } from '@assay/roles/ports/inference';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tinyByteId, writeTinyModel } from '../gguf/tiny.ts';
import { type LlamaBackend, startLlamaBackend } from '../llama/backend.ts';
import type { CompletionServer } from './completions.ts';
import { startLlamaServer } from './llama-server.fixture.ts';
import { endsWithinCharacter } from './llama-server.ts';
import { UpstreamModel } from './model.ts';
import { openServer } from './open.ts';
import { llamaServerBinary, llamaServerCure, type RealServer, startRealServer } from './real-server.fixture.ts';
import { TinyCompletions } from './tiny-completions.fixture.ts';

const plain: Sampling = { temperatureMicro: 1_000_000, topPMicro: 1_000_000, topK: 0, minPMicro: 0, seed: 7 };
const never = new AbortController().signal;
const contextTokens = 512;

if (llamaServerBinary === null) console.warn(`SKIPPED: the real llama.cpp server. ${llamaServerCure}`);

let path = '';
let backend: LlamaBackend;
beforeAll(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'llama-server-')), 'tiny.gguf');
  await writeTinyModel(path);
  backend = await startLlamaBackend({ threads: 1, sequences: 1, contextTokens });
});
afterAll(() => backend[Symbol.asyncDispose]());

async function open(url: string): Promise<{ server: CompletionServer; model: UpstreamModel }> {
  const vocabulary = await backend.openVocabulary(path);
  const found = await openServer(url, { modelName: null, contextTokens: null, vocabulary });
  if (!('server' in found)) throw new Error(found.reason);
  return { server: found.server, model: new UpstreamModel(vocabulary, found.server, contextTokens) };
}

/** Answers whose every token is a byte: most characters are made of several. */
function answers(opened: () => { server: CompletionServer; model: UpstreamModel }, tolerancePpb: number): void {
  it.each([
    ['greedy', { ...plain, temperatureMicro: 0 }],
    ['at a temperature', plain],
    ['cut by rank, mass and least part', { ...plain, topK: 40, topPMicro: 800_000, minPMicro: 10_000 }],
  ])('leave nothing out, and an auditor finds numbers and choices: %s', async (_, sampling) => {
    const { model, server } = opened();
    const promptIds = [...Buffer.from('Once upon a time')].map(tinyByteId);
    const tokens: GeneratedToken[] = [];
    const request = { promptIds, maxTokens: 60, sampling, stop: [], topLogprobs: 5 };
    for await (const event of model.generate(request, never)) if (event.type === 'tokens') tokens.push(...event.tokens);
    const ids = tokens.map(({ id }) => id);
    expect(ids.some((id) => id >= tinyByteId(0xc0))).toBe(true);
    const positions = tokens.map(({ top }, index) => ({ index, ids: top.map(({ id }) => id) }));
    const { sampler } = server.engine;
    const asked = { promptIds, outputIds: ids, positions, sampling, sampler, asksEnd: false };
    for (const auditor of [await backend.open(path), model]) {
      const scored = await auditor.score({ ...asked, positions: positions.slice(0, 24) }, never);
      for (const [i, { probabilitiesPpb, choiceMarginMicro }] of scored.positions.entries()) {
        const reported = tokens[i]?.top.map(({ negLogprobMicro }) => 1e9 * Math.exp(-negLogprobMicro / 1e6)) ?? [];
        for (const [j, ppb] of probabilitiesPpb.entries())
          expect(Math.abs(ppb - (reported[j] ?? 0))).toBeLessThan(tolerancePpb);
        expect(choiceMarginMicro).toBeLessThan(50_000);
      }
    }
  });

  it('are never malformed, stopped or not (verification §2.1)', async () => {
    const { model, server } = opened();
    const finishes = new Set<string>();
    for (const [seed, stop] of [
      [1, []],
      [2, ['a', 'é']],
      [3, ['\ufffd']],
      [4, []],
      [5, []],
      [6, []],
    ] as const) {
      const sampling = { ...plain, seed };
      const messages = [{ role: 'user' as const, content: `\ufeffé\u0000${seed}` }];
      const payload = { ...InferencePayload.defaultValue(), maxTokens: 120, sampling, stop: [...stop], messages };
      const answer = new Generation();
      const bounds = { maxTokensIn: 512, maxTokensOut: 120 };
      for await (const event of modelWorker(model, server.engine).generate(payload, bounds, never)) answer.add(event);
      const facts = { taskId: new Uint8Array(32), miner: 0, fileHash: new Uint8Array(32), engine: server.engine };
      const more = { seal: new Uint8Array(32), contextTokens, sampling, firstTokenMs: 0, totalMs: 0 };
      const artifact = answer.artifact({ ...facts, ...more });
      const asked = { payload, outputIds: outputIds(artifact), contextTokens };
      expect(structureFlaw(artifact, await structureReference(model, asked))).toBeNull();
      finishes.add(artifact.finish);
    }
    expect(finishes).toContain('stop');
  });
}

describe('answers of a server that swallows what lies within a character (verification §1.9)', () => {
  let completions: TinyCompletions;
  let stop: () => Promise<void> = async () => {};
  let opened: { server: CompletionServer; model: UpstreamModel };

  beforeAll(async () => {
    completions = await TinyCompletions.open(path);
    const { vocabularySize, weightBytes } = await backend.openVocabulary(path);
    const bytesOf = (id: number) => (id >= tinyByteId(0) ? [id - tinyByteId(0)] : []);
    const served = await startLlamaServer(completions, { vocabularySize, weightBytes, bytesOf });
    stop = served.close;
    opened = await open(served.url);
  });
  afterAll(async () => {
    await stop();
    await completions.close();
  });

  answers(() => opened, 2_000_000);

  it('begin a character as often as the model would', async () => {
    const promptIds = [...Buffer.from('Once upon a time')].map(tinyByteId);
    const { candidates, totalWeight } = await completions.after(promptIds);
    const first = candidates[0]?.logit ?? 0;
    const kept = candidates.reduce((sum, { logit }) => sum + Math.exp(logit - first), 0);
    const lead = (id: number) => id >= tinyByteId(0xc0) && id < tinyByteId(0xf8);
    const leads = candidates.filter(({ id }) => lead(id)).reduce((sum, { logit }) => sum + Math.exp(logit - first), 0);
    expect(kept).toBeLessThanOrEqual(totalWeight);
    const drawn = new Map<number, number>();
    const runs = 300;
    for (let seed = 0; seed < runs; seed++) {
      const sampling = { ...plain, seed: seed * 7919 };
      const asked = { promptIds, maxTokens: 1, sampling, alternatives: 5 };
      for await (const { id } of opened.server.steps(asked, never)) drawn.set(id, (drawn.get(id) ?? 0) + 1);
    }
    const count = [...drawn].filter(([id]) => lead(id)).reduce((sum, [, times]) => sum + times, 0);
    const share = leads / kept;
    expect(Math.abs(count / runs - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / runs));
    expect([...drawn.keys()].filter(lead).length).toBeGreaterThan(3);
  });
});

describe('endsWithinCharacter', () => {
  it.each([
    ['nothing', [], false],
    ['a letter', [0x61], false],
    ['a whole character of four bytes', [...Buffer.from('😀')], false],
    ['its first byte', [0xf0], true],
    ['all but its last byte', [0xf0, 0x9f, 0x98], true],
    ['a first byte of two', [0x61, 0xc3], true],
    ['a byte that begins nothing', [0x80], false],
    ['a byte that nothing has', [0xff], false],
  ])('%s', (_, bytes, isWithin) => {
    expect(endsWithinCharacter(bytes)).toBe(isWithin);
  });
});

describe.skipIf(llamaServerBinary === null)('answers of the real llama.cpp server', () => {
  let served: RealServer;
  let root = '';
  let opened: { server: CompletionServer; model: UpstreamModel };

  beforeAll(async () => {
    served = await startRealServer(llamaServerBinary ?? '', path, contextTokens);
    root = served.url.replace('/v1', '');
    opened = await open(served.url);
  });
  afterAll(() => served.close());

  answers(() => opened, 20_000_000);

  it('are paid as those of an engine with cuts before the temperature (§3.8)', () => {
    const { engine } = opened.server;
    expect(engine).toMatchObject({ name: 'llama.cpp server', sampler: 'cutsFirst', weights: 'file' });
    expect(engine.build).toMatch(/^b\d+/);
  });

  it('end at the server when their client has left', async () => {
    const controller = new AbortController();
    const reason = new Error('the client left');
    const request = { promptIds: [tinyByteId(65)], maxTokens: 500, sampling: plain, stop: [], topLogprobs: 5 };
    const leaving = (async () => {
      for await (const event of opened.model.generate(request, controller.signal)) {
        if (event.type === 'tokens') controller.abort(reason);
      }
    })();
    await expect(leaving).rejects.toBe(reason);
    const isIdle = async () => {
      const slots = (await (await fetch(`${root}/slots`)).json()) as { is_processing: boolean }[];
      return slots.every((slot) => !slot.is_processing);
    };
    await expect.poll(isIdle).toBe(true);
  });

  it('are refused where the prompt is longer than its context', async () => {
    const asked = { promptIds: new Array(600).fill(tinyByteId(65)), maxTokens: 1, sampling: plain, alternatives: 5 };
    const asking = (async () => {
      for await (const _ of opened.server.steps(asked, never));
    })();
    await expect(asking).rejects.toMatchObject({ code: 'CONTEXT_TOO_LONG' });
  });
});
