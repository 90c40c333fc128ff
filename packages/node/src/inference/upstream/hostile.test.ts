import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EngineInfo } from '@assay/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CompletionServer, Step } from './completions.ts';
import { ServerHttp } from './http.ts';
import { LlamaServer } from './llama-server.ts';
import { SglangServer } from './sglang.ts';
import { VllmServer } from './vllm.ts';

const vocabulary = { endIds: [2], vocabularySize: 64 };
const facts = { engine: EngineInfo.defaultValue(), contextTokens: 512, scoringCure: null };
const alternatives = 5;
const maxTokens = 4;
const sampling = { temperatureMicro: 1_000_000, topPMicro: 1_000_000, topK: 0, minPMicro: 0, seed: 1 };
const promptIds = [1, 5, 6];
const never = new AbortController().signal;

let server: Server;
let url = '';
let answer: (response: ServerResponse) => unknown;

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    request.on('end', () => answer(response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  answer = (response) => response.writeHead(500).end();
});

const logprobs = [-0.4, -2, -3, -4, -5];
const ids = [10, 11, 12, 13, 14];

const llamaEvent = (count: number) => ({
  content: 'a',
  tokens: [10],
  stop: false,
  tokens_predicted: count,
  completion_probabilities: [
    {
      id: 10,
      bytes: [97],
      logprob: -0.4,
      top_logprobs: ids.map((id, i) => ({ id, bytes: [97], logprob: logprobs[i] })),
    },
  ],
});
const llamaEnd = { content: '', tokens: [], stop: true, stop_type: 'limit', tokens_predicted: maxTokens };

const vllmEvent = (count: number) => ({
  choices: [
    {
      index: 0,
      text: 'a',
      token_ids: [10],
      prompt_token_ids: count === 1 ? promptIds : null,
      finish_reason: count === maxTokens ? 'length' : null,
      logprobs: {
        tokens: ['token_id:10'],
        token_logprobs: [-0.4],
        top_logprobs: [Object.fromEntries(ids.map((id, i) => [`token_id:${id}`, logprobs[i]]))],
      },
    },
  ],
});

const sglangEvent = (count: number) => ({
  text: 'a'.repeat(count),
  meta_info: {
    completion_tokens: count,
    finish_reason: count === maxTokens ? { type: 'length', length: count } : null,
    output_token_logprobs: new Array(count).fill([-0.4, 10, null]),
    output_top_logprobs: new Array(count).fill(ids.map((id, i) => [logprobs[i], id, null])),
  },
});

const counts = [1, 2, 3, 4];
const http = (options = {}) => new ServerHttp(url, options);
const kinds: readonly (readonly [string, (options?: object) => CompletionServer, readonly object[]])[] = [
  [
    'llama.cpp',
    (options) => new LlamaServer(http(options), { ...facts, plainId: 20 }, vocabulary),
    [...counts.map(llamaEvent), llamaEnd],
  ],
  ['vLLM', (options) => new VllmServer(http(options), { ...facts, modelName: 'm' }, vocabulary), counts.map(vllmEvent)],
  ['SGLang', (options) => new SglangServer(http(options), facts, vocabulary), counts.map(sglangEvent)],
];

async function read(from: CompletionServer) {
  const steps: Step[] = [];
  try {
    for await (const step of from.steps({ promptIds, maxTokens, sampling, alternatives }, never)) steps.push(step);
    return { steps, error: null };
  } catch (error) {
    return { steps, error };
  }
}

const events = (values: readonly unknown[]) => (response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(values.map((value) => `data: ${JSON.stringify(value)}\n\n`).join(''));
};

function expectSound(steps: readonly Step[]): void {
  expect(steps.length).toBeLessThanOrEqual(maxTokens);
  for (const { id, logprob, top } of steps) {
    const all = [{ id, logprob }, ...top];
    expect(all.every((each) => Number.isInteger(each.id) && each.id >= 0 && each.id < 64)).toBe(true);
    expect(all.every((each) => each.logprob <= 0)).toBe(true);
    expect(new Set(top.map((each) => each.id)).size).toBe(alternatives);
    expect(top.map((each) => each.logprob)).toEqual(top.map((each) => each.logprob).toSorted((a, b) => b - a));
    expect(top.reduce((sum, each) => sum + Math.exp(each.logprob), 0)).toBeLessThan(1.0011);
    const listed = top.find((each) => each.id === id)?.logprob ?? logprob;
    expect(listed).toBe(logprob);
  }
}

const evil = fc.oneof(
  fc.constantFrom<unknown>(null, true, '', 'NaN', 'token_id:99', 'stop', [], {}, [[]], { type: 'stop' }),
  fc.constantFrom<unknown>(-1, 0, 0.5, 1, 2, 3, 4, 5, 63, 64, 1e9, 2 ** 53, -1e308, 1e308),
  fc.double({ min: -20, max: 1, noNaN: true }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** The value with one of its parts, drawn by `lots`, in place of another. */
function spoiled(value: unknown, lots: readonly number[], by: unknown): unknown {
  const [lot = 0, ...rest] = lots;
  if (typeof value !== 'object' || value === null || lots.length === 0) return by;
  const keys = Object.keys(value);
  const key = keys[lot % Math.max(1, keys.length)];
  if (key === undefined) return by;
  if (Array.isArray(value)) return value.map((each, i) => (String(i) === key ? spoiled(each, rest, by) : each));
  return { ...value, [key]: spoiled((value as Record<string, unknown>)[key], rest, by) };
}

describe.each(kinds)('a hostile server that speaks as %s', (_, make, honest) => {
  it('is believed where it is honest', async () => {
    answer = events(honest);
    const { steps, error } = await read(make());
    expect(error).toBeNull();
    expect(steps).toHaveLength(maxTokens);
    expectSound(steps);
  });

  it('gives sound numbers or is a failure of this node, whatever it says', async () => {
    const lots = fc.array(fc.nat(12), { minLength: 1, maxLength: 7 });
    const changes = fc.array(fc.tuple(fc.nat(4), lots, evil), { minLength: 1, maxLength: 3 });
    const order = fc.option(fc.array(fc.nat(4), { maxLength: 12 }), { freq: 3 });
    await fc.assert(
      fc.asyncProperty(changes, order, async (spoils, shuffled) => {
        const all = [...honest] as unknown[];
        for (const [at, path, by] of spoils) all[at % all.length] = spoiled(all[at % all.length], path, by);
        answer = events(shuffled === null ? all : shuffled.map((at) => all[at % all.length]));
        const { steps, error } = await read(make());
        expectSound(steps);
        if (error !== null) expect(error).toMatchObject({ name: 'AssayError', code: 'BACKEND_FAILED' });
      }),
      { numRuns: 400 },
    );
  });

  const page = '<html>'.repeat(10);
  it.each<readonly [string, (response: ServerResponse) => unknown, RegExp]>([
    ['a page', (response) => response.end(`data: ${page}\n\n`), /something else than JSON/],
    ['nothing', (response) => response.end(), /broke off/],
    ['half an answer', (response) => events(honest.slice(0, 2))(response), /broke off/],
    ['half an event', (response) => response.end(JSON.stringify(honest[0]).slice(0, 40)), /broke off/],
    ['a connection that is cut', (response) => response.destroy(), /cannot be reached|broke off/],
    ['an error', (response) => response.writeHead(500).end('{"error":{"message":"out of memory"}}'), /out of memory/],
    ['an error in its stream', events([{ error: { message: 'out of memory', code: 500 } }]), /out of memory/],
    ['no key', (response) => response.writeHead(401).end('{}'), /refuses the API key/],
    ['the way elsewhere', (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(), /HTTP 302/],
  ])('fails with %s', async (_, hostile, sentence) => {
    answer = hostile;
    const { error } = await read(make());
    expect(error).toMatchObject({ code: 'BACKEND_FAILED', message: expect.stringMatching(sentence) });
  });

  it.each([
    ['event', 'data: {"text":"'],
    ['comment', ': '],
    ['empty line', '\n'],
  ])('fails with an endless %s, and is left', async (_, beginning) => {
    let isLeft = false;
    answer = (response) => {
      response.on('close', () => {
        isLeft = true;
      });
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(beginning);
      const more = () => {
        while (!response.destroyed && response.write(beginning === '\n' ? '\n'.repeat(65_536) : 'x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    };
    const { error } = await read(make());
    expect(error).toMatchObject({ code: 'BACKEND_FAILED', message: expect.stringContaining('without end') });
    await expect.poll(() => isLeft).toBe(true);
  });

  it('fails with a silence, before its first word and after', async () => {
    for (const begun of [[], honest.slice(0, 1)]) {
      answer = (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(begun.map((value) => `data: ${JSON.stringify(value)}\n\n: ping\n\n`).join('') || ':\n\n');
      };
      const { steps, error } = await read(make({ silenceMs: 50 }));
      expect(steps).toHaveLength(begun.length);
      expect(error).toMatchObject({ code: 'BACKEND_FAILED', message: expect.stringMatching(/in time|silent/) });
    }
  });

  it.each([
    [400, { error: { message: 'no' } }, 'INVALID_REQUEST'],
    [400, { error: { message: 'exceeds the context length' } }, 'CONTEXT_TOO_LONG'],
    [413, { error: 'no' }, 'INVALID_REQUEST'],
    [422, { detail: 'no' }, 'INVALID_REQUEST'],
    [429, {}, 'BACKEND_FAILED'],
    [503, {}, 'BACKEND_FAILED'],
  ])('tells by a status of %s whose fault it is (§5.15)', async (status, body, code) => {
    answer = (response) => response.writeHead(status).end(JSON.stringify(body));
    expect((await read(make())).error).toMatchObject({ code });
  });

  it('scores sound numbers, or fails', async () => {
    const given = [...promptIds, 10, 10];
    const lots = fc.array(fc.nat(12), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.option(fc.tuple(lots, evil)), async (spoil) => {
        const whole = { ...(honest[0] as object), prompt_logprobs: [], usage: {} };
        const body = spoil === null ? whole : spoiled(whole, ...spoil);
        answer = (response) => response.end(JSON.stringify(body));
        const scoring = make().distributions(given, [3, 5], never);
        const found = await scoring.catch((error: unknown) => error);
        if (!(found instanceof Map)) expect(found).toMatchObject({ code: 'BACKEND_FAILED' });
        else
          for (const { candidates } of found.values()) {
            expect(candidates.every(({ id }: { id: number }) => id < 64)).toBe(true);
          }
      }),
      { numRuns: 150 },
    );
  });
});

describe('an answer that is too large', () => {
  it('is none where its last event says a long prompt again, as llama.cpp does', async () => {
    answer = events([...counts.map(llamaEvent), { ...llamaEnd, prompt: 'x'.repeat(400_000) }]);
    const long = { promptIds: new Array(300).fill(5), maxTokens, sampling, alternatives };
    const server = new LlamaServer(http(), { ...facts, plainId: 20 }, vocabulary);
    const steps: Step[] = [];
    for await (const step of server.steps(long, never)) steps.push(step);
    expect(steps).toHaveLength(maxTokens);
  });

  it('is not kept in memory', async () => {
    answer = (response) => response.end(`{"data":"${'x'.repeat(5 * 1024 * 1024)}"}`);
    await expect(http().get('/v1/models')).rejects.toMatchObject({
      code: 'BACKEND_FAILED',
      message: expect.stringContaining('too much of it'),
    });
  });
});
