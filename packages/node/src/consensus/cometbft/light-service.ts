import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { z } from 'zod';
import { whole } from './signed-header.ts';

/** What CometBFT's light client asks before a node begins with a state (§18.9). */
export const lightMethods = ['commit', 'validators', 'consensus_params'] as const;

export interface LightQuestion {
  readonly method: (typeof lightMethods)[number];
  readonly height: number;
  /** Of the validators, 100 on a page; 1 for the first. */
  readonly page: number;
}

/**
 * What a CometBFT says to a question, in the form of JSON-RPC. `attempt` counts how often the one that asks has begun.
 * Rejects with an Error when none answers.
 */
export type LightSource = (question: LightQuestion, attempt?: number) => Promise<string>;

/** Where a CometBFT is asked. */
export function pathOf({ method, height, page }: LightQuestion): string {
  return `/${method}?height=${height}${method === 'validators' ? `&page=${page}&per_page=100` : ''}`;
}

const maxQuestionBytes = 4096;
const question = z.object({
  id: z.union([z.number(), z.string()]),
  method: z.enum(lightMethods),
  params: z.object({ height: whole, page: whole.default(1) }),
});

/** Answers the light client of this machine's CometBFT at a socket, by what others say. */
export class LightService {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(socketPath: string, source: LightSource): Promise<LightService> {
    const server = createServer((request, response) => {
      answerTo(request, source).then(
        (body) => response.setHeader('content-type', 'application/json').end(body),
        (error: Error) => response.writeHead(502).end(error.message),
      );
    });
    await once(server.listen(socketPath), 'listening');
    return new LightService(server);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

async function answerTo(request: IncomingMessage, source: LightSource): Promise<string> {
  const { id, method, params } = question.parse(JSON.parse(await bodyOf(request)));
  const { result, error } = JSON.parse(await source({ method, ...params })) as { result?: unknown; error?: unknown };
  return JSON.stringify({ jsonrpc: '2.0', id, result, error });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const piece of request.setEncoding('utf8')) {
    body += piece;
    if (body.length > maxQuestionBytes) throw new Error('too long for a question');
  }
  return body;
}
