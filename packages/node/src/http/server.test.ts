import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { ApiError } from '@assay/client';
import { AssayError, limits } from '@assay/protocol';
import type { Answer } from '@assay/roles/ports/chat';
import { afterEach, describe, expect, it } from 'vitest';
import { type Behaviour, EchoGateway } from './echo-gateway.fixture.ts';
import { type HttpServer, type HttpServerOptions, startHttpServer } from './server.ts';
import { SmallChain, TwoRoles } from './small-chain.fixture.ts';

const servers: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(options: Partial<HttpServerOptions> = {}): Promise<HttpServer> {
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    chat: new EchoGateway(),
    node: new SmallChain(),
    roles: new TwoRoles(),
    adminToken: '',
    onRequestError: () => {},
    ...options,
  });
  servers.push(server);
  return server;
}
const startEcho = (behaviour: Behaviour) => start({ chat: new EchoGateway(behaviour) });

const headers = { 'content-type': 'application/json', authorization: 'Bearer sk-assay-test' };
const chat = (server: HttpServer, body: object, origin?: string) =>
  fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { ...headers, ...(origin !== undefined && { origin }) },
    body: JSON.stringify({ model: 'echo', messages: [{ role: 'user', content: 'a b' }], ...body }),
  });

describe('starting', () => {
  it('takes any free port for 0, and says which', async () => {
    const server = await start();
    expect(server.port).toBeGreaterThan(0);
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    expect((await fetch(`${server.url}/assay/v1/status`)).status).toBe(200);
  });

  it('says what to do when the port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const error = await start({ port }).catch((reason: unknown) => reason);
    other.close();
    expect(error).toBeInstanceOf(AssayError);
    expect(error).toMatchObject({ code: 'CANNOT_LISTEN', cause: { code: 'EADDRINUSE' } });
    expect(String(error)).toContain(`127.0.0.1:${port}`);
    expect(String(error)).toContain('--port 0');
  });

  it('fails as clearly on an address that is not this machine’s', async () => {
    await expect(start({ host: '192.0.2.1' })).rejects.toMatchObject({ code: 'CANNOT_LISTEN' });
  });
});

describe('stopping', () => {
  it('ends an open stream with an error event', async () => {
    const server = await startEcho({ endless: true });
    const response = await chat(server, { stream: true, max_tokens: 4000 });
    const [body] = await Promise.all([response.text(), server.stop()]);
    expect(body).toContain('"code":"NODE_STOPPED"');
    expect(body).not.toContain('[DONE]');
  });

  it('answers a request that waits with 503', async () => {
    const gateway = new EchoGateway({ gate: new Promise(() => {}) });
    const server = await start({ chat: gateway });
    const asked = once(gateway.events, 'asked');
    const waiting = chat(server, {});
    await asked;
    await server.stop();
    expect(ApiError.parse(await (await waiting).json()).error.code).toBe('NODE_STOPPED');
  });

  it('cuts off what does not listen, and may be called twice', async () => {
    class DeafGateway extends EchoGateway {
      override ask(): Promise<Answer> {
        this.events.emit('asked');
        return new Promise(() => {});
      }
    }
    const gateway = new DeafGateway();
    const server = await start({ chat: gateway });
    const asked = once(gateway.events, 'asked');
    const cutOff = expect(chat(server, {})).rejects.toThrow();
    await asked;
    await Promise.all([server.stop(), server.stop()]);
    await cutOff;
    await expect(fetch(server.url)).rejects.toThrow();
  });
});

describe('limits', () => {
  it('refuses a body that is too large, whether its length is told or not', async () => {
    const server = await start();
    const body = new Uint8Array(limits.maxRequestBytes + 1).fill(0x20);
    const untold = new Blob([body]).stream();
    for (const sent of [{ body }, { body: untold, duplex: 'half' as const }]) {
      const response = await fetch(`${server.url}/v1/chat/completions`, { method: 'POST', headers, ...sent });
      expect(response.status).toBe(413);
      expect(ApiError.parse(await response.json()).error).toMatchObject({
        code: 'REQUEST_TOO_LARGE',
        type: 'invalid_request_error',
      });
    }
  });

  it('takes a body of exactly the largest size', async () => {
    const server = await start();
    const shell = JSON.stringify({ model: 'echo', messages: [{ role: 'user', content: '' }], max_tokens: 1 });
    const content = 'x'.repeat(limits.maxRequestBytes - shell.length);
    const response = await chat(server, { messages: [{ role: 'user', content }], max_tokens: 1 });
    expect(response.status).toBe(200);
  });
});

describe('slow requests', () => {
  it.each([
    ['its headers', 'POST /v1/models HTTP/1.1\r\nhost: localhost\r\n'],
    [
      'its body',
      'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer sk-assay-test\r\n' +
        'content-type: application/json\r\ncontent-length: 100\r\n\r\n{',
    ],
  ])('end with 408 and a sentence when %s do not come', async (_, head) => {
    const server = await start({ requestMs: 100 });
    const { status, error } = await answerTo(server, head);
    expect(status).toBe('HTTP/1.1 408 Request Timeout');
    expect(error).toMatchObject({ code: 'REQUEST_TOO_SLOW', message: expect.stringContaining('in time') });
  });
});

/** What the server says to raw bytes, once it has closed the connection. */
async function answerTo(server: HttpServer, head: string) {
  const socket = connect(server.port, '127.0.0.1');
  socket.write(head);
  let text = '';
  for await (const chunk of socket) text += chunk;
  const [status = ''] = text.split('\r\n');
  const { error } = ApiError.parse(JSON.parse(text.slice(text.indexOf('{'))));
  return { status, error };
}

const page = 'https://app.example';

describe('names', () => {
  const askAs = (server: HttpServer, host: string) =>
    answerTo(server, `GET /assay/v1/none HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);

  it.each(['localhost', '127.0.0.1:4010', '[::1]:80', 'LOCALHOST:1', 'node.example:8080'])(
    'answers as %s',
    async (host) => {
      const server = await start({ hostNames: ['node.example'] });
      expect((await askAs(server, host)).error.code).toBe('NOT_FOUND');
    },
  );

  it.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '127.0.0.1@evil.example',
    '10.0.0.1',
    '',
  ])('turns away who asks for %s, on every route', async (host) => {
    const { status, error } = await askAs(await start(), host);
    expect(status).toContain('421');
    expect(error).toMatchObject({ code: 'WRONG_HOST', message: expect.stringContaining('--allow-host') });
  });
});

describe('pages of other origins', () => {
  const told = { origins: [page] };
  const preflight = (
    server: HttpServer,
    path: string,
    { method, origin = page }: { method: string; origin?: string },
  ) => fetch(server.url + path, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': method } });

  it.each([
    ['/v1/chat/completions', 'POST'],
    ['/assay/v1/status', 'GET'],
    ['/v1/models', 'GET'],
  ])('may call %s with %s once the node is told', async (path, method) => {
    const response = await preflight(await start(told), path, { method });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe(page);
    expect(response.headers.get('vary')).toBe('origin');
    expect(response.headers.get('access-control-allow-headers')).toContain('authorization');
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    for (const [options, origin] of [[{}, page] as const, [told, 'https://evil.example'] as const]) {
      const refused = await preflight(await start(options), path, { method, origin });
      expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    }
  });

  it.each([
    ['/assay/v1/roles/miner-0/stop', 'POST'],
    ['/assay/v1/transactions', 'POST'],
    ['/v1/chat/completions', 'DELETE'],
  ])('may not call %s with %s even then', async (path, method) => {
    const response = await preflight(await start(told), path, { method });
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([403, null]);
  });

  it('read nothing and change nothing unless the node is told', async () => {
    const chain = new SmallChain();
    const server = await start({ node: chain });
    for (const origin of [page, 'null', 'http://localhost:1', `${server.url}.evil.example`]) {
      const read = await fetch(`${server.url}/assay/v1/status`, { headers: { origin } });
      expect([read.status, read.headers.get('access-control-allow-origin')]).toEqual([403, null]);
      expect(ApiError.parse(await read.json()).error).toMatchObject({
        code: 'FOREIGN_ORIGIN',
        message: expect.stringContaining('--cors'),
      });
      const sent = await fetch(`${server.url}/assay/v1/transactions`, {
        method: 'POST',
        headers: { origin },
        body: 'a',
      });
      expect(sent.status).toBe(403);
    }
    expect((await fetch(`${server.url}/assay/v1/status`, { headers: { origin: server.url } })).status).toBe(200);
  });

  it.each(['cross-site', 'same-site'])('are turned away without an origin when the browser says %s', async (site) => {
    const server = await start(told);
    const ask = async (more: string) => {
      const head = `GET /assay/v1/none HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nsec-fetch-site: ${site}\r\n`;
      return (await answerTo(server, `${head}${more}connection: close\r\n\r\n`)).error.code;
    };
    expect(await ask('')).toBe('FOREIGN_ORIGIN');
    expect(await ask(`origin: http://127.0.0.1:${server.port}\r\n`)).toBe('FOREIGN_ORIGIN');
    expect(await ask(`origin: ${page}\r\n`)).toBe('NOT_FOUND');
  });

  it.each(['same-origin', 'none'])('are not what a browser means by %s', async (site) => {
    const server = await start();
    const head = `GET /assay/v1/none HTTP/1.1\r\nhost: localhost\r\nsec-fetch-site: ${site}\r\n`;
    expect((await answerTo(server, `${head}connection: close\r\n\r\n`)).error.code).toBe('NOT_FOUND');
  });

  it('may load no answer as a script, and the name alone is no origin of the node', async () => {
    const server = await start();
    const own = await fetch(`${server.url}/assay/v1/status`);
    const foreign = await fetch(`${server.url}/assay/v1/status`, { headers: { origin: `127.0.0.1:${server.port}` } });
    expect([own.status, foreign.status]).toEqual([200, 403]);
    for (const { headers } of [own, foreign]) expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('may read the receipt of a stream, and errors, once the node is told', async () => {
    const server = await start(told);
    const streamed = await chat(server, { stream: true }, page);
    expect(streamed.headers.get('access-control-allow-origin')).toBe(page);
    expect(streamed.headers.get('access-control-expose-headers')).toContain('x-assay-receipt');
    await streamed.text();
    const refused = await chat(server, { tools: [{}] }, page);
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([400, page]);
  });
});
