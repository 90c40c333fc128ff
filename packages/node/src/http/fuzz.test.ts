import { once } from 'node:events';
import { METHODS } from 'node:http';
import { connect } from 'node:net';
import { ApiError, type ApiRoute, apiRoutes } from '@assay/client';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EchoGateway } from './echo-gateway.fixture.ts';
import { type HttpServer, startHttpServer } from './server.ts';
import { SmallChain, TwoRoles } from './small-chain.fixture.ts';

const failures: unknown[] = [];
let server: HttpServer;

beforeAll(async () => {
  server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    chat: new EchoGateway(),
    node: new SmallChain(),
    roles: new TwoRoles(),
    adminToken: 'admin-token',
    onRequestError: (error) => failures.push(error),
  });
});
afterAll(() => server.stop());
afterEach(() => expect(failures).toEqual([]));

const json = { 'content-type': 'application/json' };
const key = { authorization: 'Bearer sk-assay-test' };
const chatPath = '/v1/chat/completions';
const post = (path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = json) =>
  fetch(server.url + path, { method: 'POST', headers: { ...key, ...headers }, body });

/** Every answer is a success or a refusal in the one shape; nothing is a failure of the node. */
async function expectCalm(response: Response): Promise<number> {
  const { status } = response;
  const body = await response.text();
  expect(status).toBeLessThan(500);
  if (status >= 400 && body !== '') ApiError.parse(JSON.parse(body));
  return status;
}
async function expectRefused(response: Response): Promise<void> {
  expect(await expectCalm(response)).toBeGreaterThanOrEqual(400);
}

const deep = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);
const inMessage = (content: string) => `{"model":"echo","messages":[{"role":"user","content":${content}}]}`;
const withMember = (member: string) => `{"model":"echo","messages":[{"role":"user","content":"a"}],${member}}`;

const nastyBodies: readonly [string, string | Uint8Array<ArrayBuffer>][] = [
  ['nothing', ''],
  ['white space', ' \n'],
  ['half a document', '{"model":"echo","messages":[{"role":"us'],
  ['half a string', '{"model":"ech'],
  ['two documents', `${inMessage('"a"')}{}`],
  ['a list', '[]'],
  ['a number', '1e400'],
  ['NaN', withMember('"temperature":NaN')],
  ['infinity', withMember('"temperature":1e999')],
  ['a huge exponent', withMember('"max_tokens":1e308')],
  ['a seed beyond 2^53', withMember('"seed":9007199254740993')],
  ['a single quote', "{'model':'echo'}"],
  ['a trailing comma', '{"model":"echo",}'],
  ['a byte order mark', '\ufeff{"model":1}'],
  ['invalid UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d)],
  ['overlong UTF-8', Uint8Array.of(0x22, 0xc0, 0xaf, 0x22)],
  ['UTF-16', Uint8Array.from([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00])],
  ['half a surrogate pair', inMessage('"\\ud83d"')],
  ['deep lists', deep('[', ']', 500_000)],
  ['deep objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
  ['a deep unsupported value', withMember(`"tools":${deep('[', ']', 400_000)}`)],
  ['deep content', inMessage(deep('[', ']', 400_000))],
  ['deep metadata', withMember(`"metadata":{"a":${deep('[', ']', 400_000)}}`)],
  ['many members', `{${Array.from({ length: 50_000 }, (_, i) => `"k${i}":0`).join()}}`],
  ['many messages of the wrong form', `{"model":"echo","messages":[${'{},'.repeat(200_000)}{}]}`],
  ['many parts of the wrong form', inMessage(`[${'{},'.repeat(200_000)}{}]`)],
  ['many stops of the wrong form', withMember(`"stop":[${'{},'.repeat(200_000)}{}]`)],
  ['a member called __proto__', withMember('"__proto__":{"isAdmin":true}')],
  ['a member called constructor', withMember('"constructor":{"prototype":{}}')],
  ['__proto__ in a message', '{"model":"echo","messages":[{"__proto__":{"role":"user"},"content":"a"}]}'],
  ['one member twice, the last wrong', withMember('"model":7')],
  ['an empty name', withMember('"":1')],
  ['a name of a megabyte', withMember(`"${'k'.repeat(900_000)}":1`)],
  ['more than a megabyte', inMessage(`"${'x'.repeat(2_000_000)}"`)],
  ['an object for a text', inMessage('{"toString":"a"}')],
  ['a model that is a path', '{"model":"../../etc/passwd","messages":[{"role":"user","content":"a"}]}'],
];

describe('hostile bodies', () => {
  it.each(nastyBodies)('a chat request of %s is refused', async (_, body) => {
    await expectRefused(await post(chatPath, body));
  });

  it('takes the last of two members with one name, as every JSON reader here does', async () => {
    expect(await expectCalm(await post(chatPath, withMember('"model":"none","model":"echo"')))).toBe(200);
  });

  it.each([
    ['text/plain'],
    ['application/x-www-form-urlencoded'],
    ['multipart/form-data; boundary=x'],
    ['application/octet-stream'],
    ['application/jsonx'],
    ['nonsense'],
  ])('a chat request that says it is %s is refused', async (type) => {
    await expectRefused(await post(chatPath, inMessage('"a"'), { 'content-type': type }));
  });

  it('any JSON is answered or refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 6 }), async (body) => {
        await expectRefused(await post(chatPath, body));
      }),
      { numRuns: 300 },
    );
  });

  it('any bytes are refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        await expectRefused(await post(chatPath, new Uint8Array(bytes)));
      }),
      { numRuns: 200 },
    );
  });

  it('a good request with any one member changed is answered or refused', async () => {
    const members = [
      'model',
      'messages',
      'temperature',
      'top_p',
      'max_tokens',
      'stop',
      'seed',
      'logprobs',
      'n',
      'tools',
    ];
    const stream = ['stream', 'stream_options', 'top_logprobs', 'max_completion_tokens', 'user', 'metadata', 'x'];
    const member = fc.oneof(fc.constantFrom(...members, ...stream), fc.string());
    await fc.assert(
      fc.asyncProperty(member, fc.jsonValue(), async (name, value) => {
        const changed = { model: 'echo', messages: [{ role: 'user', content: 'a' }], [name]: value };
        await expectCalm(await post(chatPath, JSON.stringify(changed)));
      }),
      { numRuns: 300 },
    );
  });

  it('any message is answered or refused', async () => {
    const part = fc.oneof(
      fc.jsonValue(),
      fc.record({ type: fc.constantFrom('text', 'image_url'), text: fc.jsonValue() }),
    );
    const message = fc.record({
      role: fc.oneof(fc.constantFrom('system', 'developer', 'user', 'assistant', 'tool'), fc.jsonValue()),
      content: fc.oneof(fc.string({ unit: 'binary' }), fc.array(part), fc.jsonValue()),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(message, fc.jsonValue())), async (messages) => {
        await expectCalm(await post(chatPath, JSON.stringify({ model: 'echo', messages, max_tokens: 4 })));
      }),
      { numRuns: 150 },
    );
  });

  it('any bytes are a transaction or refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => {
        const body = new Uint8Array(bytes);
        for (const { path } of [apiRoutes.transactions, apiRoutes.checkTransaction]) {
          await expectCalm(await post(path, body, { 'content-type': 'application/octet-stream' }));
        }
      }),
      { numRuns: 100 },
    );
  });
});

const routes: readonly ApiRoute[] = Object.values(apiRoutes);
const readPaths = [
  ...routes.filter(({ method }) => method === 'GET').map(({ path }) => path),
  '/v1/models',
  '/v1/models/{model}',
  '/v1/receipts/{taskId}',
  '/assay/v1/openapi.json',
];

describe('hostile addresses', () => {
  const nastyParams = [
    ...[
      '-1',
      '1e9',
      '0x10',
      '99999999999999999999',
      '1.5',
      ' ',
      '%00',
      '%20',
      '%ff',
      '%',
      '%zz',
      '%2e%2e%2f',
      '..',
      '.',
    ],
    ...[
      'null',
      '__proto__',
      'constructor',
      "'; DROP TABLE tasks; --",
      '<script>',
      '💥',
      'a'.repeat(257),
      'f'.repeat(5000),
    ],
  ];
  const fill = (path: string, param: string) => path.replace(/\{\w+\}/g, () => param);
  const withParams = readPaths.filter((path) => path.includes('{'));

  it.each(withParams)('%s takes any parameter calmly', async (path) => {
    for (const param of nastyParams) await expectCalm(await fetch(server.url + fill(path, param), { headers: key }));
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 80 }), async (param) => {
        await expectCalm(await fetch(server.url + fill(path, encodeURIComponent(param)), { headers: key }));
      }),
      { numRuns: 30 },
    );
  });

  it.each(readPaths)('%s takes any query calmly', async (path) => {
    const name = fc.oneof(fc.constantFrom('from', 'limit', 'before', '__proto__', 'from[]', 'limit[a]'), fc.string());
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, fc.string())), async (members) => {
        const query = new URLSearchParams(members);
        await expectCalm(await fetch(`${server.url}${fill(path, '0')}?${query}`, { headers: key }));
      }),
      { numRuns: 15 },
    );
  });

  it('any path is refused calmly', async () => {
    await fc.assert(
      fc.asyncProperty(fc.webPath(), fc.webQueryParameters(), async (path, query) => {
        await expectCalm(await fetch(`${server.url}/${path}?${query}`, { headers: key }));
      }),
      { numRuns: 200 },
    );
  });
});

/** What a server writes to a client that sends `bytes` and waits, until either side closes. */
async function exchange(bytes: string | Uint8Array): Promise<string> {
  const socket = connect(server.port, '127.0.0.1');
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part));
  socket.on('error', () => {});
  socket.end(bytes);
  await once(socket, 'close');
  return Buffer.concat(parts).toString('latin1');
}
const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
const request = (head: string, body = '') => `${head}\r\nhost: localhost\r\nconnection: close\r\n\r\n${body}`;

describe('hostile HTTP', () => {
  const methods = METHODS.filter((method) => method !== 'CONNECT');

  it.each(methods)('%s is answered on every route', async (method) => {
    for (const path of [chatPath, '/v1/models', '/assay/v1/status', '/assay/v1/transactions', '/', '*']) {
      const answer = await exchange(request(`${method} ${path} HTTP/1.1`));
      expect([method, path, statusOf(answer)]).toEqual([
        method,
        path,
        expect.toSatisfy((s: number) => s >= 200 && s < 500),
      ]);
    }
  });

  it.each([
    ['not HTTP', 'hello\r\n\r\n'],
    ['TLS', Uint8Array.of(0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0)],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['an unknown version', 'GET / HTTP/9.9\r\n\r\n'],
    ['no host', 'GET / HTTP/1.1\r\n\r\n'],
    ['a header without a name', 'GET / HTTP/1.1\r\nhost: localhost\r\n: x\r\n\r\n'],
    ['a header of 100 kB', `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`],
    ['10,000 headers', `GET / HTTP/1.1\r\nhost: localhost\r\n${'x: y\r\n'.repeat(10_000)}\r\n`],
    ['a path of 100 kB', `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`],
    ['two lengths', 'POST /v1/models HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\na'],
    [
      'length and chunks',
      'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a negative length', 'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n'],
    ['a space in the path', 'GET /a b HTTP/1.1\r\nhost: localhost\r\n\r\n'],
    ['a null byte in a header', 'GET / HTTP/1.1\r\nhost: a\0b\r\n\r\n'],
  ])('%s is answered with a 4xx', async (_, bytes) => {
    const status = statusOf(await exchange(bytes));
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  });

  it('refuses what is not HTTP in the shape of every error', async () => {
    const [, body = ''] = (await exchange('hello\r\n\r\n')).split('\r\n\r\n');
    expect(ApiError.parse(JSON.parse(body)).error.code).toBe('INVALID_REQUEST');
  });

  it('refuses a body by its length, before any of it is sent', async () => {
    const head = `POST ${chatPath} HTTP/1.1\r\nhost: localhost\r\n${'content-type: application/json'}\r\n`;
    const answer = await exchange(
      `${head}authorization: ${key.authorization}\r\ncontent-length: 999999999999\r\n\r\n{`,
    );
    expect(statusOf(answer)).toBe(413);
  });

  it('refuses a key before the body is read', async () => {
    const head = `POST ${chatPath} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`;
    const answer = await exchange(`${head}connection: close\r\ncontent-length: 1000\r\n\r\n{`);
    expect(statusOf(answer)).toBe(401);
  });

  it('survives clients that leave in the middle of anything', async () => {
    const body = inMessage('"a"');
    const head = [`POST ${chatPath} HTTP/1.1`, 'host: localhost', `authorization: ${key.authorization}`];
    const rest = ['content-type: application/json', `content-length: ${body.length}`, '', body];
    const whole = Buffer.from([...head, ...rest].join('\r\n'));
    for (let length = 1; length < whole.length; length += 7) await exchange(whole.subarray(0, length));
    expect(await expectCalm(await post(chatPath, inMessage('"a"')))).toBe(200);
  });
});
