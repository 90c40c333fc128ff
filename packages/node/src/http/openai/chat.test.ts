import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { AssayError } from '@assay/protocol';
import OpenAI, { APIError } from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { type Behaviour, EchoGateway } from '../echo-gateway.fixture.ts';
import { type HttpServer, startHttpServer } from '../server.ts';
import { SmallChain, TwoRoles } from '../small-chain.fixture.ts';

const servers: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(behaviour: Behaviour = {}) {
  const gateway = new EchoGateway(behaviour);
  const failures: unknown[] = [];
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    chat: gateway,
    node: new SmallChain(),
    roles: new TwoRoles(),
    adminToken: '',
    onRequestError: (error, { route }) => failures.push({ error, route }),
  });
  servers.push(server);
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: gateway.key, maxRetries: 0 });
  return { gateway, server, client, failures };
}

const gather = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};
const say = (content: string) => ({ model: 'echo', messages: [{ role: 'user' as const, content }] });

/** Posts a chat body as it is, without a client in between. */
function post(server: HttpServer, key: string, body: object): Promise<Response> {
  return fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  });
}

/** The data of each event of a stream, by the standard's framing. */
async function eventsOf(response: Response): Promise<string[]> {
  const frames = (await response.text()).split('\n\n');
  expect(frames.pop()).toBe('');
  return frames.map((frame) => {
    expect(frame).toMatch(/^data: [^\n]+$/);
    return frame.slice('data: '.length);
  });
}

async function failureOf(promise: PromiseLike<unknown>): Promise<InstanceType<typeof APIError>> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof APIError) return error;
  throw new Error('expected an APIError', { cause: error });
}

const unicode = 'naïve 日本語 👩‍👩‍👧 "quotes" \\ \u2028 \u0000 end';

describe('a chat completion, through the official client', () => {
  it('answers with text, usage, finish reason and receipt', async () => {
    const { client } = await start();
    const { data, response } = await client.chat.completions.create(say('one two three')).withResponse();
    expect(data.object).toBe('chat.completion');
    expect(data.choices).toEqual([
      {
        index: 0,
        message: { role: 'assistant', content: 'one two three', refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ]);
    expect(data.usage).toEqual({ prompt_tokens: 3, completion_tokens: 3, total_tokens: 6 });
    const receipt = response.headers.get('x-assay-receipt');
    expect(receipt).toMatch(/^0x[0-9a-f]{64}$/);
    expect(data).toHaveProperty('assay', { receipt_id: receipt });
  });

  it('ends at the token limit and before a stop sequence', async () => {
    const { client } = await start();
    const cut = await client.chat.completions.create({ ...say('one two three'), max_tokens: 2 });
    expect([cut.choices[0]?.message.content, cut.choices[0]?.finish_reason]).toEqual(['one two', 'length']);
    const stopped = await client.chat.completions.create({ ...say('one two three'), stop: [' three', 'zebra'] });
    expect([stopped.choices[0]?.message.content, stopped.choices[0]?.finish_reason]).toEqual(['one two', 'stop']);
  });

  it('carries any text both ways unharmed', async () => {
    const { client } = await start();
    const whole = await client.chat.completions.create(say(unicode));
    expect(whole.choices[0]?.message.content).toBe(unicode);
    let streamed = '';
    for await (const chunk of await client.chat.completions.create({ ...say(unicode), stream: true })) {
      streamed += chunk.choices[0]?.delta.content ?? '';
    }
    expect(streamed).toBe(unicode);
  });

  it('takes a conversation that holds its own answers', async () => {
    const { client, gateway } = await start();
    const first = await client.chat.completions.create(say('hello'));
    const answer = first.choices[0]?.message ?? { role: 'assistant' as const, content: '' };
    await client.chat.completions.create({
      ...say('x'),
      messages: [...say('a').messages, answer, ...say('b').messages],
    });
    expect(gateway.asked.at(-1)?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
  });

  it('gives logprobs in their shape, alternatives as many as asked', async () => {
    const { client } = await start();
    const { choices } = await client.chat.completions.create({ ...say('é bc'), logprobs: true, top_logprobs: 2 });
    expect(choices[0]?.logprobs?.content).toEqual([
      {
        token: 'é',
        logprob: 0,
        bytes: [0xc3, 0xa9],
        top_logprobs: [
          { token: 'é', logprob: 0, bytes: [0xc3, 0xa9] },
          { token: 'é~1', logprob: -1, bytes: [0xc3, 0xa9, 0x7e, 0x31] },
        ],
      },
      {
        token: ' bc',
        logprob: -0.5,
        bytes: [0x20, 0x62, 0x63],
        top_logprobs: [
          { token: ' bc', logprob: -0.5, bytes: [0x20, 0x62, 0x63] },
          { token: ' bc~1', logprob: -1.5, bytes: [0x20, 0x62, 0x63, 0x7e, 0x31] },
        ],
      },
    ]);
    const bare = await client.chat.completions.create({ ...say('a'), logprobs: true });
    expect(bare.choices[0]?.logprobs?.content?.[0]?.top_logprobs).toEqual([]);
  });

  it('lists models and finds one, whatever its name holds', async () => {
    const { client } = await start();
    const names: string[] = [];
    for await (const model of client.models.list()) names.push(model.id);
    expect(names).toEqual(['echo', 'org/echo-2']);
    expect(await client.models.retrieve('org/echo-2')).toMatchObject({ id: 'org/echo-2', object: 'model' });
    expect(await failureOf(client.models.retrieve('none'))).toMatchObject({ status: 404, code: 'MODEL_NOT_FOUND' });
  });
});

describe('a streamed completion', () => {
  it('says its text token by token, then why it ended, with the receipt last', async () => {
    const { server, gateway } = await start();
    const response = await post(server, gateway.key, { ...say('one two'), stream: true });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const events = await eventsOf(response);
    expect(events.pop()).toBe('[DONE]');
    const [first, second, last] = events.map((event) => JSON.parse(event));
    expect(first).toMatchObject({
      object: 'chat.completion.chunk',
      model: 'echo',
      choices: [{ index: 0, delta: { role: 'assistant', content: 'one' }, logprobs: null, finish_reason: null }],
    });
    expect(second.choices[0].delta).toEqual({ content: ' two' });
    expect(last.choices[0]).toEqual({ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' });
    expect(last.assay).toEqual({ receipt_id: response.headers.get('x-assay-receipt') });
    expect(first).not.toHaveProperty('usage');
    expect(new Set([first.id, second.id, last.id]).size).toBe(1);
  });

  it('says the usage in a chunk of its own when asked, and the receipt there', async () => {
    const { client } = await start();
    const { data, response } = await client.chat.completions
      .create({ ...say('one two'), stream: true, stream_options: { include_usage: true } })
      .withResponse();
    const chunks = await gather(data);
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 2, completion_tokens: 2, total_tokens: 4 },
      assay: { receipt_id: response.headers.get('x-assay-receipt') },
    });
    expect(chunks.slice(0, -1).map(({ usage }) => usage)).toEqual([null, null, null]);
  });

  it('carries logprobs in its chunks', async () => {
    const { client } = await start();
    const stream = await client.chat.completions.create({
      ...say('a b'),
      stream: true,
      logprobs: true,
      top_logprobs: 1,
    });
    const tokens: (string | undefined)[] = [];
    for await (const { choices } of stream)
      for (const { token } of choices[0]?.logprobs?.content ?? []) tokens.push(token);
    expect(tokens).toEqual(['a', ' b']);
  });

  it('gives an answer of no tokens its role and its end', async () => {
    const { client } = await start();
    const chunks = await gather(await client.chat.completions.create({ ...say(''), stream: true }));
    expect(chunks.map(({ choices }) => choices[0])).toMatchObject([
      { delta: { role: 'assistant', content: '' }, finish_reason: 'stop' },
    ]);
  });

  it('works with the accumulating helper of the client', async () => {
    const { client } = await start();
    const final = await client.chat.completions.stream(say('one two three')).finalChatCompletion();
    expect(final.choices[0]?.message.content).toBe('one two three');
  });
});

describe('what goes wrong', () => {
  it.each([false, true])('keeps its status before the first byte (stream: %s)', async (stream) => {
    const { client } = await start({ failure: { afterTokens: 0, error: new AssayError('TASK_EXPIRED') } });
    const error = await failureOf(client.chat.completions.create({ ...say('a b'), stream }));
    expect(error).toMatchObject({ status: 504, code: 'TASK_EXPIRED', type: 'server_error' });
    expect(error.headers?.get('x-assay-receipt')).toMatch(/^0x/);
  });

  it('tells when to ask again', async () => {
    const { client } = await start({ failure: { afterTokens: 0, error: new AssayError('NO_COMMITTEE') } });
    const error = await failureOf(client.chat.completions.create(say('a')));
    expect([error.status, error.headers?.get('retry-after')]).toEqual([503, '1']);
  });

  it('becomes an event after the first byte, which the client throws, and no end mark follows', async () => {
    const failure = { afterTokens: 1, error: new AssayError('ANSWER_INTERRUPTED') };
    const { client, server, gateway } = await start({ failure });
    const stream = await client.chat.completions.create({ ...say('one two'), stream: true });
    const texts: unknown[] = [];
    const reading = (async () => {
      for await (const chunk of stream) texts.push(chunk.choices[0]?.delta.content);
    })();
    expect(await failureOf(reading)).toMatchObject({ code: 'ANSWER_INTERRUPTED', type: 'server_error' });
    expect(texts).toEqual(['one']);
    const events = await eventsOf(await post(server, gateway.key, { ...say('one two'), stream: true }));
    expect(events.at(-1)).toContain('"code":"ANSWER_INTERRUPTED"');
    expect(events).not.toContain('[DONE]');
  });

  it.each([false, true])('is the failure of the node when an answer just breaks off (stream: %s)', async (stream) => {
    const { server, gateway, failures } = await start({ breaksOff: true });
    const response = await post(server, gateway.key, { ...say('one'), stream });
    expect(await response.text()).toContain('"code":"INTERNAL"');
    expect(response.status).toBe(stream ? 200 : 500);
    expect(failures).toMatchObject([{ route: '/v1/chat/completions', error: { code: 'INTERNAL' } }]);
  });

  it('tells the operator what an unknown error was, and the client only that there was one', async () => {
    const error = new TypeError('secret of the node');
    const { client, failures } = await start({ failure: { afterTokens: 0, error } });
    const shown = await failureOf(client.chat.completions.create(say('a')));
    expect(shown).toMatchObject({ status: 500, code: 'INTERNAL' });
    expect(shown.message).not.toContain('secret');
    expect(failures).toEqual([{ error, route: '/v1/chat/completions' }]);
  });

  it.each([
    ['', 'sk-wrong'],
    ['Bearer ', ''],
    ['Basic ', 'sk-assay-test'],
  ])('refuses the authorization "%s%s"', async (scheme, key) => {
    const { server } = await start();
    const response = await fetch(`${server.url}/v1/models`, { headers: { authorization: scheme + key } });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.json()).toMatchObject({ error: { code: 'INVALID_API_KEY', type: 'authentication_error' } });
  });

  it('names the parameter of a refused request, through the client too', async () => {
    const { client, gateway } = await start();
    const tools = [{ type: 'function' as const, function: { name: 'f' } }];
    expect(await failureOf(client.chat.completions.create({ ...say('a'), tools }))).toMatchObject({
      status: 400,
      code: 'UNSUPPORTED_PARAMETER',
      param: 'tools',
      type: 'invalid_request_error',
    });
    expect(await failureOf(client.chat.completions.create({ ...say('a'), model: 'none' }))).toMatchObject({
      status: 404,
      code: 'MODEL_NOT_FOUND',
      param: 'model',
    });
    expect(await failureOf(client.chat.completions.create({ ...say('a'), max_tokens: 100_000 }))).toMatchObject({
      status: 400,
      code: 'CONTEXT_TOO_LONG',
      param: 'messages',
    });
    expect(gateway.asked).toEqual([]);
  });
});

describe('a client that leaves', () => {
  it('aborts a streamed answer', async () => {
    const { client, gateway, failures } = await start({ endless: true });
    const aborted = once(gateway.events, 'aborted');
    const stream = await client.chat.completions.create({ ...say('again'), max_tokens: 4000, stream: true });
    for await (const _ of stream) break;
    await aborted;
    expect([gateway.aborts.length, failures]).toEqual([1, []]);
  });

  it.each([false, true])('aborts an answer that has not begun (stream: %s)', async (stream) => {
    const { server, gateway, failures } = await start({ gate: new Promise(() => {}) });
    const asked = once(gateway.events, 'asked');
    const aborted = once(gateway.events, 'aborted');
    const leaving = httpRequest(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${gateway.key}` },
    });
    leaving.on('error', () => {});
    leaving.end(JSON.stringify({ ...say('x'), stream }));
    await asked;
    leaving.destroy();
    await aborted;
    expect([gateway.aborts.length, failures]).toEqual([1, []]);
  });
});
