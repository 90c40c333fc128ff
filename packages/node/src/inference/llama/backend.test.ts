import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferencePayload, outputIds } from '@assay/protocol';
import { equalMarginMicro } from '@assay/roles/audit/choice';
import { structureFlaw } from '@assay/roles/audit/structure';
import { structureReference } from '@assay/roles/audit/structure-reference';
import { GrowingBytes } from '@assay/roles/growing-bytes';
import { Generation, modelWorker } from '@assay/roles/miner/index';
import type { GeneratedToken, GenerateRequest, InferenceModel, ScoredEnd } from '@assay/roles/ports/inference';
import { decodeText } from '@assay/roles/utf8';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tinyByteId, writeTinyModel } from '../gguf/tiny.ts';
import { type LlamaBackend, startLlamaBackend } from './backend.ts';

let backend: LlamaBackend;
let model: InferenceModel;
let path = '';
const never = new AbortController().signal;
/** Weights of 32 bits are summed in another order in a prefill; those of the default model are not. */
const roundingPpb = 20_000;
const sampling = { temperatureMicro: 900_000, topPMicro: 1_000_000, topK: 0, minPMicro: 0, seed: 7 };
const drawn = { sampling, sampler: 'seeded' as const };

beforeAll(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'llama-')), 'tiny.gguf');
  await writeTinyModel(path);
  backend = await startLlamaBackend({ threads: 1, sequences: 4, contextTokens: 512 });
  model = await backend.open(path);
});
afterAll(() => backend[Symbol.asyncDispose]());

const idsOf = (text: string) => [...Buffer.from(text)].map(tinyByteId);
const ask = (changes: Partial<GenerateRequest> = {}): GenerateRequest => ({
  promptIds: idsOf('Once upon a time'),
  maxTokens: 40,
  sampling,
  stop: [],
  topLogprobs: 5,
  ...changes,
});

async function run(request: GenerateRequest, signal = never, by = model) {
  const tokens: GeneratedToken[] = [];
  const text = new GrowingBytes();
  let finish = '';
  for await (const event of by.generate(request, signal)) {
    text.push(event.text);
    if (event.type === 'tokens') tokens.push(...event.tokens);
    else finish = event.finish;
  }
  return { ids: tokens.map((token) => token.id), tokens, text: decodeText(text.view()), finish };
}

describe('generate', () => {
  it('repeats itself for a seed and differs across seeds', async () => {
    const [a, b, c] = await Promise.all([run(ask()), run(ask()), run(ask({ sampling: { ...sampling, seed: 8 } }))]);
    expect(a.ids).toHaveLength(40);
    expect(a.finish).toBe('length');
    expect(b).toEqual(a);
    expect(c.ids).not.toEqual(a.ids);
  });

  it('takes the most likely token at temperature 0', async () => {
    const { tokens } = await run(ask({ sampling: { ...sampling, temperatureMicro: 0 } }));
    expect(tokens.map((token) => token.id)).toEqual(tokens.map((token) => token.top[0]?.id));
  });

  it('reports alternatives, most likely first, with the chosen among them or less likely', async () => {
    const { tokens } = await run(ask({ topLogprobs: 20 }));
    for (const { id, negLogprobMicro, top } of tokens) {
      expect(top).toHaveLength(20);
      const order = top.map((alternative) => alternative.negLogprobMicro);
      expect(order).toEqual(order.toSorted((a, b) => a - b));
      const same = top.find((alternative) => alternative.id === id);
      if (same === undefined) expect(negLogprobMicro).toBeGreaterThanOrEqual(order[19] ?? 0);
      else expect(negLogprobMicro).toBe(same.negLogprobMicro);
    }
  });

  it('streams the same text that its ids give', async () => {
    const { ids, text } = await run(ask({ maxTokens: 100 }));
    expect(text).toBe(decodeText(Buffer.concat(await model.textPieces(ids))));
  });

  it('ends before a stop sequence', async () => {
    const { text } = await run(ask());
    const stop = text.slice(12, 14);
    const stopped = await run(ask({ stop: [stop] }));
    expect(stopped.finish).toBe('stop');
    expect(stopped.text).toBe(text.slice(0, text.indexOf(stop)));
    expect(stopped.ids.length).toBeLessThan(40);
  });

  it('throws the reason of an abort and frees its slot', async () => {
    const controller = new AbortController();
    const reason = new Error('the client left');
    const reading = (async () => {
      for await (const event of model.generate(ask({ maxTokens: 400 }), controller.signal)) {
        if (event.type === 'tokens') controller.abort(reason);
      }
    })();
    await expect(reading).rejects.toBe(reason);
    const after = await Promise.all([1, 2, 3, 4].map(() => run(ask({ maxTokens: 4 }))));
    expect(after.map((one) => one.ids.length)).toEqual([4, 4, 4, 4]);
  });

  it('serves more requests than it has slots, in turn', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => run(ask({ maxTokens: 8 }))));
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
  });

  it.each([
    ['no token', [], 'INVALID_REQUEST'],
    ['a token the model does not have', [4096], 'INVALID_REQUEST'],
    ['more than the context holds', new Array(500).fill(tinyByteId(65)), 'CONTEXT_TOO_LONG'],
  ])('refuses a prompt of %s', async (_, promptIds, code) => {
    await expect(run(ask({ promptIds }))).rejects.toMatchObject({ code });
  });

  it('fills the context to its last token', async () => {
    const { ids } = await run(ask({ promptIds: new Array(472).fill(tinyByteId(65)) }));
    expect(ids).toHaveLength(40);
  });

  it('says the same on several threads', async () => {
    await using other = await startLlamaBackend({ threads: 2, contextTokens: 512 });
    const request = ask({ maxTokens: 8 });
    const [one, two] = [await run(request), await run(request, never, await other.open(path))];
    expect(two.ids).toEqual(one.ids);
  });
});

describe('score', () => {
  it('finds the probabilities that generation reported', async () => {
    const promptIds = idsOf('A prompt that is a good deal longer than one batch. '.repeat(4));
    const { ids, tokens } = await run(ask({ promptIds, maxTokens: 64 }));
    const positions = tokens.map((token, index) => ({ index, ids: token.top.map((alternative) => alternative.id) }));
    const request = { promptIds, outputIds: ids, positions, ...drawn, asksEnd: false };
    const { positions: scored } = await model.score(request, never);
    expect(scored.every(({ choiceMarginMicro, leadMicro }) => choiceMarginMicro + leadMicro === 0)).toBe(true);
    for (const [i, { probabilitiesPpb }] of scored.entries()) {
      const reported = tokens[i]?.top.map((one) => 1e9 * Math.exp(-one.negLogprobMicro / 1e6)) ?? [];
      for (const [j, ppb] of probabilitiesPpb.entries())
        expect(Math.abs(ppb - (reported[j] ?? 0))).toBeLessThanOrEqual(roundingPpb);
    }
  });

  it('tells an answer that ended from one that was cut short', async () => {
    const promptIds = idsOf('Once');
    const seeds = Array.from({ length: 40 }, (_, seed) => seed);
    const answers = await Promise.all(
      seeds.map(async (seed) => {
        const asked = ask({ promptIds, maxTokens: 200, sampling: { ...sampling, seed } });
        return { ...(await run(asked)), sampling: asked.sampling };
      }),
    );
    const ended = answers.filter(({ finish, ids }) => finish === 'stop' && ids.length > 0);
    expect(ended.length).toBeGreaterThan(0);
    const cutShort: (ScoredEnd | null)[] = [];
    for (const { ids, sampling } of ended) {
      const asked = { promptIds, positions: [], ...drawn, sampling, asksEnd: true };
      expect((await model.score({ ...asked, outputIds: ids }, never)).end?.choiceMarginMicro).toBeLessThan(
        equalMarginMicro,
      );
      cutShort.push((await model.score({ ...asked, outputIds: ids.slice(0, -1) }, never)).end);
    }
    expect(cutShort.some((end) => end?.isLikely === false)).toBe(true);
    expect(cutShort.filter((end) => (end?.choiceMarginMicro ?? 0) < equalMarginMicro).length).toBeLessThan(
      cutShort.length / 4,
    );
  });

  it('gives an unknown id no probability', async () => {
    const request = { promptIds: idsOf('x'), outputIds: idsOf('y'), positions: [{ index: 0, ids: [2 ** 32 - 1] }] };
    const scored = await model.score({ ...request, ...drawn, asksEnd: false }, never);
    expect(scored.positions).toMatchObject([{ probabilitiesPpb: [0] }]);
  });

  it('refuses a position beyond the output', async () => {
    const request = { promptIds: idsOf('x'), outputIds: idsOf('y'), positions: [{ index: 2, ids: [5] }] };
    await expect(model.score({ ...request, ...drawn, asksEnd: false }, never)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
  });
});

describe('render', () => {
  it('reads special tokens in the template, not in the content', async () => {
    const ids = await model.render([{ role: 'user', content: '<|im_end|>' }]);
    const [imStart, imEnd] = [3, 4];
    expect(ids.filter((id) => id === imStart)).toHaveLength(2);
    expect(ids.filter((id) => id === imEnd)).toHaveLength(1);
    expect(ids).toEqual([
      imStart,
      ...idsOf('user\n<|im_end|>'),
      imEnd,
      ...idsOf('\n'),
      imStart,
      ...idsOf('assistant\n'),
    ]);
  });
});

describe('a file without its weights', () => {
  it('renders, reads and ends as the whole model does', async () => {
    const vocabulary = await backend.openVocabulary(path);
    const { contextTokens, vocabularySize } = model;
    expect(vocabulary).toMatchObject({ contextTokens, vocabularySize, endIds: [2, 4] });
    const messages = [{ role: 'user', content: 'é <|im_end|>' }] as const;
    expect(await vocabulary.render(messages)).toEqual(await model.render(messages));
    const { ids } = await run(ask({ maxTokens: 60 }));
    expect(await vocabulary.textPieces(ids)).toEqual(await model.textPieces(ids));
    expect(await vocabulary.detokenize(idsOf('é').slice(1), idsOf('é').slice(0, 1))).toBe('\uFFFD');
    expect(await vocabulary.tokenTexts([3, tinyByteId(0x61)])).toEqual(['<|im_start|>', 'a']);
    await expect(vocabulary.tokenTexts([4096])).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('says so when it is not there', async () => {
    await expect(backend.openVocabulary('/nowhere/x.gguf')).rejects.toMatchObject({ code: 'BACKEND_FAILED' });
  });
});

describe('an honest answer of a real model', () => {
  it.each([[[]], [['\ufeff']], [['\ufffd']], [['\ufffd\ufffd', 'a']], [['\u0000', '\ufffd\u0007']]])(
    'is never malformed, stopped by %j or not (verification §2.1)',
    async (stop) => {
      const payload = {
        ...InferencePayload.defaultValue(),
        maxTokens: 48,
        sampling,
        stop,
        messages: [{ role: 'user' as const, content: '\ufeffé\u0000' }],
      };
      const answer = new Generation();
      const worker = modelWorker(model, backend.engine);
      for await (const event of worker.generate(payload, { maxTokensIn: 512, maxTokensOut: 48 }, never)) {
        answer.add(event);
      }
      const { contextTokens } = model;
      const facts = { taskId: new Uint8Array(32), miner: 0, fileHash: new Uint8Array(32), engine: backend.engine };
      const seal = new Uint8Array(32);
      const artifact = answer.artifact({ ...facts, seal, contextTokens, sampling, firstTokenMs: 0, totalMs: 0 });
      const reference = await structureReference(model, { payload, outputIds: outputIds(artifact), contextTokens });
      expect(structureFlaw(artifact, reference)).toBeNull();
    },
  );
});

describe('a prompt', () => {
  const conversation = (content: string) => model.render([{ role: 'user', content }]);

  it('of a megabyte is refused, in one sentence, before anything is tokenised (§5.19)', async () => {
    await expect(conversation('x'.repeat(2 ** 20))).rejects.toMatchObject({
      code: 'CONTEXT_TOO_LONG',
      message: expect.stringContaining('512 tokens hold at most'),
    });
  });
});

describe('the process', () => {
  it('says which file it cannot load', async () => {
    await expect(backend.open('/nowhere/x.gguf')).rejects.toMatchObject({
      code: 'BACKEND_FAILED',
      message: expect.stringContaining('/nowhere/x.gguf'),
    });
  });

  it('fails the calls in flight when it is killed, and answers the next', async () => {
    const first = backend.pid;
    const before = await run(ask());
    const killed = (async () => {
      for await (const event of model.generate(ask({ maxTokens: 400 }), never)) {
        if (event.type === 'tokens' && backend.pid !== null) process.kill(backend.pid, 'SIGKILL');
      }
    })();
    const waiting = model
      .score({ promptIds: idsOf('x'), outputIds: idsOf('y'), positions: [], ...drawn, asksEnd: false }, never)
      .then(() => null);
    await expect(killed).rejects.toMatchObject({ code: 'BACKEND_FAILED', message: expect.stringContaining('SIGKILL') });
    await waiting.catch(() => null);
    expect(await run(ask())).toEqual(before);
    expect(backend.pid).not.toBe(first);
  });

  it('is killed and started again when it was stopped (§5.20)', async () => {
    const before = await run(ask());
    const stopped = backend.pid ?? 0;
    process.kill(stopped, 'SIGSTOP');
    await expect(run(ask())).rejects.toMatchObject({ code: 'BACKEND_FAILED' });
    expect(isAlive(stopped)).toBe(false);
    expect(await run(ask())).toEqual(before);
  });

  it('ends when its parent is killed', async () => {
    const parent = fork(new URL('backend.test.parent.ts', import.meta.url), { execArgv: [] });
    const [pid] = (await once(parent, 'message')) as [number];
    parent.kill('SIGKILL');
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  it('ends with its backend, and then refuses', async () => {
    const other = await startLlamaBackend({ threads: 1 });
    const pid = other.pid ?? 0;
    await other[Symbol.asyncDispose]();
    expect(isAlive(pid)).toBe(false);
    await expect(other.open(path)).rejects.toMatchObject({ code: 'BACKEND_FAILED' });
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
