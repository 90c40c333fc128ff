import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TextBackend } from '@assay/roles/ports/inference';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openUpstream } from './openai.ts';

type Answer = (body: Record<string, unknown>, response: ServerResponse, request: IncomingMessage) => void;
let server: Server;
let baseUrl = '';
let models: Answer;
let completions: Answer;
let asked: Record<string, unknown>[] = [];

const json =
  (status: number, value: unknown): Answer =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
const chunk = (delta: object, finish: string | null = null) => ({
  choices: [{ index: 0, delta, finish_reason: finish }],
});
const usage = { choices: [], usage: { prompt_tokens: 11, completion_tokens: 2, total_tokens: 13 } };
/** Server-sent events, cut into pieces of `size` bytes. */
const events =
  (values: readonly unknown[], size = 1000): Answer =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const all = Buffer.from(`${values.map((value) => `data: ${JSON.stringify(value)}\n\n`).join('')}data: [DONE]\n\n`);
    for (let at = 0; at < all.length; at += size) response.write(all.subarray(at, at + size));
    response.end();
  };

beforeEach(async () => {
  models = json(200, { object: 'list', data: [{ id: 'small' }, { id: 'large' }] });
  completions = events([chunk({ role: 'assistant', content: '' }), chunk({ content: 'Hé' }), chunk({}, 'stop'), usage]);
  asked = [];
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => {
      text += part;
    });
    request.on('end', () => {
      const body = JSON.parse(text || '{}') as Record<string, unknown>;
      if (request.url === '/v1/models') return models(body, response, request);
      asked.push(body);
      if (request.url === '/v1/chat/completions') return completions(body, response, request);
      response.writeHead(404).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const sampling = { temperatureMicro: 700_000, topPMicro: 900_000, topK: 0, minPMicro: 0, seed: 5 };
const question = {
  messages: [{ role: 'user', content: 'Hello' }],
  maxTokens: 9,
  sampling,
  stop: ['END'],
} as const satisfies Parameters<TextBackend['chat']>[0];

async function read(upstream: TextBackend, request: Parameters<TextBackend['chat']>[0] = question) {
  const seen = [];
  for await (const event of upstream.chat(request, new AbortController().signal)) seen.push(event);
  return seen;
}

describe('openUpstream', () => {
  it('takes the first model the server lists, or the one named', async () => {
    expect(await openUpstream(baseUrl)).toMatchObject({ baseUrl, modelName: 'small' });
    expect(await openUpstream(baseUrl, { model: 'large' })).toMatchObject({ modelName: 'large' });
  });

  it('sends the key it was given', async () => {
    let key = '';
    const list = models;
    models = (body, response, request) => {
      key = request.headers.authorization ?? '';
      list(body, response, request);
    };
    await openUpstream(baseUrl, { apiKey: 'sk-1' });
    expect(key).toBe('Bearer sk-1');
  });

  it.each([
    ['has no models', json(200, { object: 'list', data: [] }), 'lists no models'],
    ['speaks something else', json(200, { hello: 'world' }), 'lists no models'],
    ['refuses the key', json(401, { error: { message: 'no' } }), 'refuses the API key'],
    ['has nothing at the address', json(404, {}), 'Most addresses end with /v1'],
    ['leads elsewhere', (_, response) => response.writeHead(302, { location: '/' }).end(), 'cannot be reached'],
  ])('says that a server %s', async (_, answer, sentence) => {
    models = answer;
    await expect(openUpstream(baseUrl)).rejects.toMatchObject({
      code: 'BACKEND_FAILED',
      message: expect.stringContaining(sentence),
    });
  });

  it('says which models there are when the named one is not', async () => {
    await expect(openUpstream(baseUrl, { model: 'huge' })).rejects.toThrow('has no model huge. It has: small, large.');
  });

  it('says that nobody answers at the address', async () => {
    await expect(openUpstream('http://127.0.0.1:1/v1')).rejects.toThrow(/cannot be reached .* Is it running\?/);
  });
});

describe('chat', () => {
  it('asks in the words of the API and streams the answer', async () => {
    const upstream = await openUpstream(baseUrl);
    expect(await read(upstream)).toEqual([
      { type: 'text', text: 'Hé' },
      { type: 'end', finish: 'stop', tokensIn: 11, tokensOut: 2 },
    ]);
    expect(asked).toEqual([
      {
        model: 'small',
        messages: [{ role: 'user', content: 'Hello' }],
        max_tokens: 9,
        temperature: 0.7,
        top_p: 0.9,
        seed: 5,
        stop: ['END'],
        stream: true,
        stream_options: { include_usage: true },
      },
    ]);
  });

  it('reads a stream however it is cut', async () => {
    completions = events([chunk({ content: 'Hé' }), chunk({ content: '😀' }, 'length'), usage], 1);
    expect(await read(await openUpstream(baseUrl))).toEqual([
      { type: 'text', text: 'Hé' },
      { type: 'text', text: '😀' },
      { type: 'end', finish: 'length', tokensIn: 11, tokensOut: 2 },
    ]);
  });

  it.each([
    ['breaks off', events([chunk({ content: 'Hi' })]), 'broke off'],
    ['does not count tokens', events([chunk({ content: 'Hi' }, 'stop')]), 'does not count tokens'],
    ['fails', json(500, { error: { message: 'out of memory' } }), 'out of memory'],
  ])('says that a server %s', async (_, answer, sentence) => {
    completions = answer;
    await expect(read(await openUpstream(baseUrl))).rejects.toMatchObject({
      code: 'BACKEND_FAILED',
      message: expect.stringContaining(sentence),
    });
  });

  it.each([
    [400, 'context_length_exceeded', 'CONTEXT_TOO_LONG'],
    [400, null, 'INVALID_REQUEST'],
    [413, null, 'INVALID_REQUEST'],
    [422, null, 'INVALID_REQUEST'],
    [401, null, 'BACKEND_FAILED'],
    [402, null, 'BACKEND_FAILED'],
    [403, null, 'BACKEND_FAILED'],
    [404, null, 'BACKEND_FAILED'],
    [429, null, 'BACKEND_FAILED'],
    [503, null, 'BACKEND_FAILED'],
  ])('tells by a status of %s (%s) whose fault it is, %s (§5.15)', async (status, code, expected) => {
    completions = json(status, { error: { message: 'no', code } });
    await expect(read(await openUpstream(baseUrl))).rejects.toMatchObject({ code: expected });
  });

  it('refuses what the API has no words for', async () => {
    const upstream = await openUpstream(baseUrl);
    const withTopK = read(upstream, { ...question, sampling: { ...sampling, topK: 40 } });
    await expect(withTopK).rejects.toMatchObject({ code: 'UNSUPPORTED_PARAMETER' });
    expect(asked).toEqual([]);
  });

  it('stops asking and throws the reason when it is aborted', async () => {
    const controller = new AbortController();
    const reason = new Error('the client left');
    const hungUp = new Promise((resolve) => {
      completions = (_, response) => {
        response.on('close', resolve);
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`data: ${JSON.stringify(chunk({ content: 'Hi' }))}\n\n`);
      };
    });
    const upstream = await openUpstream(baseUrl);
    const reading = (async () => {
      for await (const _ of upstream.chat(question, controller.signal)) controller.abort(reason);
    })();
    await expect(reading).rejects.toBe(reason);
    await hungUp;
  });
});
