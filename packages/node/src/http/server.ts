import type { AddressInfo, Socket } from 'node:net';
import { AssayError, infoOf, limits } from '@assay/protocol';
import type { ChatService } from '@assay/roles/ports/chat';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Activity } from './activity.ts';
import { type Guests, guardOrigins } from './cors.ts';
import { nodeApiRoutes } from './node-api/routes.ts';
import { openAiRoutes } from './openai/routes.ts';
import type { NodeReader, OperatorService } from './port.ts';
import { shown } from './query.ts';
import { errorBody, errorHeaders, refusalOf } from './refusal.ts';

export interface HttpServerOptions extends Partial<Omit<Guests, 'host'>> {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly chat: ChatService;
  readonly node: NodeReader;
  readonly roles: OperatorService;
  /** What opens the routes that stop and start roles. Empty: nothing does. */
  readonly adminToken: string;
  /**
   * Called when the node itself failed a request, for its log. `at` names the route, never what was asked; the error
   * is whatever a service threw.
   */
  readonly onRequestError: (error: unknown, at: RequestRoute) => void;
  /** Longest time to receive a whole request, milliseconds. */
  readonly requestMs?: number;
}

/** A route, as `POST /v1/chat/completions`; path parameters as their names. */
export interface RequestRoute {
  readonly method: string;
  readonly route: string;
}

export interface HttpServer {
  /** `http://host:port`, no trailing slash. */
  readonly url: string;
  readonly port: number;
  /** Ends streams with an error event, then every connection; resolves within a second. */
  stop(): Promise<void>;
}

/** Longest time to receive a whole request, its headers included, unless the options say otherwise. */
const standardRequestMs = 30_000;
/** How often the times of requests are looked at, milliseconds: they hold to within this. */
const checkMs = 1000;
/** Time streams have to say goodbye when the server stops, milliseconds. */
const goodbyeMs = 500;
/** How often connections that have said goodbye are closed meanwhile, milliseconds. */
const sweepMs = 20;
/** Longest path parameter, characters. */
const maxParamCharacters = 256;
/** Connections at once; more are dropped as they come. */
const maxConnections = 10_000;

/**
 * Serves OpenAI's routes under /v1 and the node API under /assay/v1. Rejects with AssayError CANNOT_LISTEN when the
 * port cannot be had, the system's error as its cause. Neither prompts nor keys are logged.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const activity = new Activity();
  const { requestMs = standardRequestMs, hostNames = [], origins = [] } = options;
  const app = fastify({
    bodyLimit: limits.maxRequestBytes,
    // §16.5
    requestTimeout: requestMs,
    http: { connectionsCheckingInterval: Math.min(checkMs, requestMs), headersTimeout: requestMs },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: maxParamCharacters },
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, _, reply) => sendError(reply, error),
  });
  app.server.maxConnections = maxConnections;
  const report = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    if (reply.raw.destroyed || !isFailureOfNode(refusalOf(error))) return;
    options.onRequestError(error, { method: request.method, route: request.routeOptions.url ?? '' });
  };
  app.setErrorHandler((error, request, reply) => {
    report(error, request, reply);
    return sendError(reply, error);
  });
  app.setNotFoundHandler((request) => {
    const asked = `${request.method} ${shown(request.url)}`;
    throw new AssayError('NOT_FOUND', `Nothing answers ${asked}; GET /assay/v1/openapi.json lists what does.`);
  });
  guardOrigins(app, { host: options.host, hostNames, origins });
  app.register(async (scope) => openAiRoutes(scope, { chat: options.chat, activity, onStreamFailure: report }));
  app.register(async (scope) => nodeApiRoutes(scope, options));
  await listen(app, options);
  const { port } = app.server.address() as AddressInfo;
  const stop = async () => {
    activity.abortAll(new AssayError('NODE_STOPPED'));
    const sweep = setInterval(() => app.server.closeIdleConnections(), sweepMs);
    const cutOff = setTimeout(() => app.server.closeAllConnections(), goodbyeMs);
    await app.close();
    clearInterval(sweep);
    clearTimeout(cutOff);
  };
  return { url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`, port, stop };
}

async function listen(app: FastifyInstance, { host, port }: HttpServerOptions): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === undefined ? undefined : listenReasons[code];
    const detail = reason === undefined ? (cause as Error).message : `${reason} ${host}:${port}; ${anotherPort}`;
    throw new AssayError('CANNOT_LISTEN', detail, { cause });
  }
}

const anotherPort = 'choose another port with --port N, or any free one with --port 0.';
const listenReasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Another program already uses',
  EACCES: 'The system does not let this user have',
};

/** Whether an error is for the operator: not a refusal, and not a state of the network that clients wait out. */
function isFailureOfNode({ code }: AssayError): boolean {
  return code === 'INTERNAL' || code === 'BACKEND_FAILED';
}

function sendError(reply: FastifyReply, error: unknown) {
  const refusal = refusalOf(error);
  return reply.code(infoOf(refusal.code).status).headers(errorHeaders(refusal)).send(errorBody(refusal));
}

const notHttp: readonly [string, AssayError] = [
  '400 Bad Request',
  new AssayError('INVALID_REQUEST', 'It is not valid HTTP.'),
];
const clientErrors: Readonly<Record<string, readonly [status: string, error: AssayError]>> = {
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    new AssayError('INVALID_REQUEST', 'Its headers are too large.'),
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', new AssayError('REQUEST_TOO_SLOW')],
};

/** Answers what is not HTTP, or comes too slowly: there is no request yet, only a socket. */
function answerClientError({ code }: NodeJS.ErrnoException, socket: Socket): void {
  if (code === 'ECONNRESET' || !socket.writable) return;
  const [status, error] = clientErrors[code ?? ''] ?? notHttp;
  const body = JSON.stringify(errorBody(error));
  const type = ['content-type: application/json; charset=utf-8', 'x-content-type-options: nosniff'];
  const head = [`HTTP/1.1 ${status}`, ...type, 'connection: close'];
  socket.end(`${head.join('\r\n')}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
