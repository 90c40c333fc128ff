import { type ApiRoute, apiRoutes, type Pending, type ResponseOf, type RouteName } from '@assay/client';
import { fromHex, limits, parseAddress, toHex } from '@assay/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AssayError } from '../../errors.ts';
import { takeBytes } from '../body.ts';
import { bearerToken, sameSecret } from '../credentials.ts';
import type { Eventually, NodeReader, RolesService, RowKey } from '../port.ts';
import { type Query, readQuery, readWholeNumber, shown } from '../query.ts';
import { errorBody, infoOf, Refusal } from '../refusal.ts';
import { lengthPrefixed, wantsBytes } from './bytes.ts';
import { eventJson } from './json.ts';
import { openApiDocument } from './openapi.ts';

export interface NodeApiOptions {
  readonly node: NodeReader;
  readonly roles: RolesService;
  /** Empty: nobody may stop or start a role over HTTP. */
  readonly adminToken: string;
}

/** What a handler gets of a request; the readers refuse what is not of their form. */
interface Call {
  readonly query: Query;
  readonly params: Readonly<Record<string, string>>;
  readonly number: (name: string) => number;
  readonly taskId: () => Uint8Array;
}

/** Null becomes NOT_FOUND, `pending` a 202. */
type Handler<N extends RouteName> = (call: Call) => Eventually<ResponseOf<N> | 'pending' | null>;
type JsonRoute = Exclude<RouteName, 'transactions' | 'checkTransaction'>;

function handlersOf({ node, roles }: NodeApiOptions): { readonly [N in JsonRoute]: Handler<N> } {
  return {
    status: () => node.status(),
    genesis: () => node.genesis(),
    params: () => node.params(),
    committee: ({ query }) => node.committee(query.epoch),
    blocks: ({ query }) => node.blocks(query),
    block: ({ number }) => node.block(number('height')),
    account: ({ params }) => node.account(readAddress(params.address ?? '')),
    miners: ({ query }) => node.miners(query),
    miner: ({ number }) => node.miner(number('index')),
    mixers: ({ query }) => node.mixers(query),
    validators: ({ query }) => node.validators(query),
    oracles: ({ query }) => node.oracles(query),
    gateways: ({ query }) => node.gateways(query),
    domains: ({ query }) => node.domains(query),
    models: ({ query }) => node.models(query),
    sessions: ({ query }) => node.sessions(query),
    session: ({ number }) => node.session(number('index')),
    tasks: ({ query }) => node.tasks(query),
    task: ({ taskId }) => node.task(taskId()),
    receipt: ({ taskId }) => node.receipt(taskId()),
    proof: (call) => node.proof(readRowKey(call)),
    epoch: ({ number }) => node.epoch(number('epoch')),
    roles: () => ({ roles: [...roles.list()] }),
    stopRole: ({ params }) => roles.set(params.name ?? '', false),
    startRole: ({ params }) => roles.set(params.name ?? '', true),
  };
}

/** What there was none of, for the routes that may find nothing. */
const missing: Partial<Record<RouteName, string>> = {
  block: 'There is no block of this height yet; GET /assay/v1/status says how far the chain is.',
  account: 'This address never held anything on this chain.',
  committee: 'This epoch has not begun, so its committee is not chosen yet.',
  miner: 'No miner has this index.',
  session: 'No session has this index.',
  task: 'No task of this id was certified, and none is under way here.',
  receipt: 'No task of this id was certified, and none is under way here.',
  proof: 'The state holds no such row now; a settled task leaves it after a while, payouts with the next settlement.',
  epoch: 'This epoch is not closed yet; its payouts are made at its end.',
  stopRole: 'This process has no role of this name; GET /assay/v1/roles lists them.',
  startRole: 'This process has no role of this name; GET /assay/v1/roles lists them.',
};

/** The routes under /assay/v1, and GET /v1/receipts/{taskId}, which answers as its namesake there. */
export function nodeApiRoutes(app: FastifyInstance, options: NodeApiOptions): void {
  takeBytes(app, limits.maxTransactionBytes);
  const handlers = handlersOf(options);
  for (const name of Object.keys(handlers) as JsonRoute[]) register(app, name, handlers[name], options);
  register(app, 'receipt', handlers.receipt, options, '/v1/receipts/{taskId}');
  app.post(apiRoutes.transactions.path, async ({ body, query }, reply) => {
    readQuery(query, []);
    return submit(options.node, transactionIn(body), reply);
  });
  app.post(apiRoutes.checkTransaction.path, async ({ body, query }) => {
    readQuery(query, []);
    return options.node.check(transactionIn(body));
  });
  const document = JSON.stringify(openApiDocument());
  app.get('/assay/v1/openapi.json', async (_, reply) => reply.type('application/json; charset=utf-8').send(document));
}

function register<N extends JsonRoute>(
  app: FastifyInstance,
  name: N,
  handler: Handler<N>,
  { node, adminToken }: NodeApiOptions,
  path: string = apiRoutes[name].path,
): void {
  const route: ApiRoute = apiRoutes[name];
  const answer = async (request: FastifyRequest, reply: FastifyReply) => {
    const call = callOf(request, route);
    if (route.bytes && wantsBytes(request.headers.accept)) return sendBlocks(node, name, call, reply);
    const found = await handler(call);
    if (found === null) throw new AssayError('NOT_FOUND', missing[name]);
    if (found !== 'pending') return found;
    return reply.code(202).send(pendingOf(call.taskId()));
  };
  const authorize = async (request: FastifyRequest) => {
    const token = bearerToken(request.headers.authorization);
    const allowed = adminToken !== '' && token !== null && sameSecret(token, adminToken);
    if (route.admin && !allowed) throw new AssayError('FORBIDDEN');
  };
  app.route({ method: route.method, url: path.replace(/\{(\w+)\}/g, ':$1'), onRequest: authorize, handler: answer });
}

function callOf(request: FastifyRequest, route: ApiRoute): Call {
  const params = request.params as Record<string, string>;
  return {
    query: readQuery(request.query, route.query),
    params,
    number: (name) => readWholeNumber(params[name], name),
    taskId: () => readTaskId(params.taskId ?? ''),
  };
}

function sendBlocks(node: NodeReader, name: RouteName, { query, number }: Call, reply: FastifyReply) {
  reply.type('application/octet-stream');
  if (name === 'blocks') return reply.send(lengthPrefixed((height) => node.blockBytes(height), query));
  const bytes = node.blockBytes(number('height'));
  if (bytes === null) throw new AssayError('NOT_FOUND', missing.block);
  return reply.send(bytes);
}

function transactionIn(body: unknown): Uint8Array {
  if (body instanceof Uint8Array && body.length > 0) return body;
  throw new AssayError('INVALID_REQUEST', 'Its body must be a serialised transaction, as application/octet-stream.');
}

async function submit(node: NodeReader, transaction: Uint8Array, reply: FastifyReply) {
  const { code, height, events } = await node.submit(transaction);
  if (code === 'OK') return { code, height, events: events.map(eventJson) };
  const refused = new AssayError(code, height === 0 ? '' : `It was refused in block ${height}.`);
  return reply.code(infoOf(code).status).send({ ...errorBody(refused), inclusion: { code, height } });
}

function pendingOf(taskId: Uint8Array): Pending {
  const message = 'The task is admitted and not in a block yet; ask again shortly.';
  return { status: 'pending', taskId: `0x${toHex(taskId)}`, message };
}

function readRowKey({ params, number }: Call): RowKey {
  const { kind = '', id = '' } = params;
  if (kind === 'account') return { kind, id: readAddress(id, 'id') };
  if (kind === 'task') return { kind, id: readTaskId(id, 'id') };
  if (kind === 'session' || kind === 'miner' || kind === 'payout') return { kind, id: number('id') };
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
