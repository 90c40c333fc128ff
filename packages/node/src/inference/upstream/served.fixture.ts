import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json as readJson } from 'node:stream/consumers';

export type Body = Readonly<Record<string, unknown>>;
/** Answers one request; `left` resolves to true where the client went before the end. */
export type Route = (body: Body, reply: Reply, request: IncomingMessage) => Promise<void> | void;

/** How a server answers. */
export class Reply {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get hasLeft(): boolean {
    return this.#response.destroyed;
  }

  json(value: unknown, status = 200): void {
    this.#response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  }

  /** One server-sent event; waits until it may have been read. */
  async event(value: unknown): Promise<void> {
    if (!this.#response.headersSent) this.#response.writeHead(200, { 'content-type': 'text/event-stream' });
    this.raw(`data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`);
    await new Promise((resolve) => setImmediate(resolve));
  }

  raw(text: string): void {
    if (!this.hasLeft) this.#response.write(text);
  }

  end(): void {
    this.#response.end();
  }
}

export interface Served {
  /** With `/v1`. */
  readonly url: string;
  /** Requests that their client left before the end. */
  readonly left: () => number;
  readonly close: () => Promise<void>;
}

/** A server with these routes, `GET /path` or `POST /path`; everything else is not found. */
export async function serve(routes: Readonly<Record<string, Route>>): Promise<Served> {
  let left = 0;
  const server = createServer(async (request, response) => {
    response.on('close', () => {
      if (!response.writableFinished) left++;
    });
    const route = routes[`${request.method} ${request.url}`];
    const body = request.method === 'POST' ? ((await readJson(request)) as Body) : {};
    if (route === undefined) return new Reply(response).json({ error: { message: 'Not Found' } }, 404);
    await route(body, new Reply(response), request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    left: () => left,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
