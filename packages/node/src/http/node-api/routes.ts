import {
  type ApiRoute,
  apiRoutes,
  type PathName,
  type Pending,
  pathNamesOf,
  pathParameters,
  type RouteName,
} from '@assay/client';
import { eventJson } from '@assay/explain/json';
import { AssayError, infoOf, limits, type MarkedEvent, markedEvents, parseAddress, Transaction } from '@assay/protocol';
import { fromHex, toHex } from '@assay/ssz';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { version } from '../../version.ts';
import { takeBytes } from '../body.ts';
import { bearerToken, sameSecret } from '../credentials.ts';
import type { ChainRoute, Eventually, NodeReader, OperatorService, RowKey } from '../port.ts';
import { type Query, readQuery, readWholeNumber, shown } from '../query.ts';
import { errorBody, Refusal } from '../refusal.ts';
import { lengthPrefixed, wantsBytes } from './bytes.ts';
import { openApiDocument } from './openapi.ts';

export interface NodeApiOptions {
  readonly node: NodeReader;
  readonly roles: OperatorService;
  /** Empty: nobody may stop or start a role over HTTP. */
  readonly adminToken: string;
}

/** What a handler gets of a request; the readers refuse what is not of their form. */
interface Call {
  readonly query: Query;
  readonly params: Readonly<Record<string, string>>;
}

/** Null becomes NOT_FOUND, `pending` a 202. */
type Handler = (call: Call) => Eventually<unknown>;
type JsonRoute = Exclude<RouteName, 'transactions' | 'checkTransaction'>;

/** Routes that are more than a method of the reader. */
function ownHandlers({ node, roles }: NodeApiOptions): { readonly [N in Exclude<JsonRoute, ChainRoute>]: Handler } {
  return {
    proof: ({ params }) => node.proof(readRowKey(params)),
    node: () => roles.condition(),
    roles: () => ({ roles: [...roles.list()] }),
    stopRole: ({ params }) => roles.set(params.name ?? '', false),
    startRole: ({ params }) => roles.set(params.name ?? '', true),
  };
}

/** Asks the reader with what stands in the path and, where the route has one, with the query. */
function readerHandler(node: NodeReader, name: ChainRoute): Handler {
  const { path, query: names }: ApiRoute = apiRoutes[name];
  const inPath = pathNamesOf(path);
  const read = node[name] as (this: NodeReader, ...given: unknown[]) => Eventually<unknown>;
  return ({ params, query }) => {
    const values = inPath.map((param) => readPath(param, params[param] ?? ''));
    return read.apply(node, names.length === 0 ? values : [...values, query]);
  };
}

function handlerOf(name: JsonRoute, options: NodeApiOptions): Handler {
  const own: Partial<Record<JsonRoute, Handler>> = ownHandlers(options);
  return own[name] ?? readerHandler(options.node, name as ChainRoute);
}

const jsonRoutes = (Object.keys(apiRoutes) as RouteName[]).filter(
  (name) => !apiRoutes[name].takesTransaction,
) as JsonRoute[];

/** The routes under /assay/v1, and GET /v1/receipts/{taskId}, which answers as its namesake there. */
export function nodeApiRoutes(app: FastifyInstance, options: NodeApiOptions): void {
  takeBytes(app, limits.maxTransactionBytes);
  for (const name of jsonRoutes) register(app, name, options);
  register(app, 'receipt', options, '/v1/receipts/{taskId}');
  app.post(apiRoutes.transactions.path, async ({ body, query }, reply) => {
    readQuery(query, []);
    return submit(options.node, transactionIn(body), reply);
  });
  app.post(apiRoutes.checkTransaction.path, async ({ body, query }) => {
    readQuery(query, []);
    const transaction = transactionIn(body);
    const checked = await options.node.check(transaction);
    const sentence = `${checked.sentence} ${unreadable(checked.code, transaction)}`.trimEnd();
    return { ...checked, sentence };
  });
  const document = JSON.stringify(openApiDocument());
  app.get('/assay/v1/openapi.json', async (_, reply) => reply.type('application/json; charset=utf-8').send(document));
}

function register(
  app: FastifyInstance,
  name: JsonRoute,
  options: NodeApiOptions,
  path: string = apiRoutes[name].path,
): void {
  const { node, adminToken } = options;
  const route: ApiRoute = apiRoutes[name];
  const handler = handlerOf(name, options);
  const answer = async (request: FastifyRequest, reply: FastifyReply) => {
    const params = request.params as Record<string, string>;
    const call = { query: readQuery(request.query, route.query), params };
    if (route.bytes && wantsBytes(request.headers.accept)) return sendBytes(node, name, call, reply);
    const found = await handler(call);
    if (found === null) throw new AssayError('NOT_FOUND', route.missing ?? '');
    if (found !== 'pending') return found;
    return reply.code(202).send(pendingOf(readTaskId(params.taskId ?? '')));
  };
  const authorize = async (request: FastifyRequest) => {
    const token = bearerToken(request.headers.authorization);
    const allowed = adminToken !== '' && token !== null && sameSecret(token, adminToken);
    if (route.admin && !allowed) throw new AssayError('FORBIDDEN');
  };
  app.route({ method: route.method, url: path.replace(/\{(\w+)\}/g, ':$1'), onRequest: authorize, handler: answer });
}

function sendBytes(node: NodeReader, name: RouteName, { query, params }: Call, reply: FastifyReply) {
  reply.type('application/octet-stream');
  if (name === 'blocks') return reply.send(lengthPrefixed((height) => node.blockBytes(height), query));
  const height = readWholeNumber(params.height, 'height');
  if (name === 'state') return sendState(node, height, reply);
  const bytes = node.blockBytes(height);
  if (bytes === null) throw new AssayError('NOT_FOUND', apiRoutes.block.missing);
  return reply.send(bytes);
}

/** States on their way at once: each may be large, and its reader slow. */
const maxStatesAtOnce = 2;
const sending = new WeakMap<NodeReader, number>();

function sendState(node: NodeReader, height: number, reply: FastifyReply) {
  const others = sending.get(node) ?? 0;
  if (others >= maxStatesAtOnce) throw new AssayError('TOO_MANY_REQUESTS');
  const found = node.stateBytes(height);
  if (found === null) throw new AssayError('NOT_FOUND', apiRoutes.state.missing);
  sending.set(node, others + 1);
  reply.raw.once('close', () => sending.set(node, (sending.get(node) ?? 1) - 1));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(found.block.length);
  return reply.send(Buffer.concat([length, found.block, found.state]));
}

function transactionIn(body: unknown): Uint8Array {
  if (body instanceof Uint8Array && body.length > 0) return body;
  throw new AssayError('INVALID_REQUEST', 'Its body must be a serialised transaction, as application/octet-stream.');
}

async function submit(node: NodeReader, transaction: Uint8Array, reply: FastifyReply) {
  const { code, height, events } = await node.submit(transaction);
  if (code === 'OK') return { code, height, events: events.map(eventJson) };
  const refused = new AssayError(
    code,
    height === 0 ? unreadable(code, transaction) : `It was refused in block ${height}.`,
  );
  return reply.code(infoOf(code).status).send({ ...errorBody(refused), inclusion: { code, height } });
}

/** What of a refused transaction this version cannot read; empty where that is not why. */
function unreadable(code: string, transaction: Uint8Array): string {
  try {
    if (code === 'MALFORMED') Transaction.deserialize(transaction);
    return '';
  } catch (error) {
    return `Version ${version} cannot read them: ${(error as Error).message}. A newer version may have made them.`;
  }
}

function pendingOf(taskId: Uint8Array): Pending {
  const message = 'The task is admitted and not in a block yet; ask again shortly.';
  return { status: 'pending', taskId: `0x${toHex(taskId)}`, message };
}

/** What stands in a path, by its name. */
function readPath(name: PathName, text: string): unknown {
  if (name === 'taskId') return readTaskId(text);
  if (name === 'address') return readAddress(text);
  if (name === 'event') return readEvent(text);
  return pathParameters[name] instanceof z.ZodNumber ? readWholeNumber(text, name) : text;
}

function readEvent(text: string): MarkedEvent {
  const found = markedEvents.find((type) => type === text);
  if (found !== undefined) return found;
  throw new Refusal('INVALID_REQUEST', 'event', `There are lists of ${markedEvents.join(', ')}.`);
}

function readRowKey({ kind = '', id = '' }: Call['params']): RowKey {
  if (kind === 'account') return { kind, id: readAddress(id, 'id') };
  if (kind === 'task') return { kind, id: readTaskId(id, 'id') };
  if (kind === 'session' || kind === 'miner' || kind === 'payout') return { kind, id: readWholeNumber(id, 'id') };
  const message = `There are proofs of an account, session, miner, task or payout, not of \`${shown(kind)}\`.`;
  throw new Refusal('INVALID_REQUEST', 'kind', message);
}

function readTaskId(text: string, param = 'taskId'): Uint8Array {
  const bytes = fromHex(text);
  if (bytes?.length === 32) return bytes;
  throw new Refusal('INVALID_REQUEST', param, `\`${shown(text)}\` is not a task id: 64 hexadecimal digits.`);
}

function readAddress(text: string, param = 'address'): Uint8Array {
  const address = parseAddress(text);
  if (address !== null) return address;
  throw new Refusal('INVALID_REQUEST', param, `\`${shown(text)}\` is not an address, or it was mistyped (assay1…).`);
}
