import { readFileSync } from 'node:fs';
import {
  ApiError,
  type ApiRoute,
  apiRoutes,
  Checked,
  EventPage,
  LocalRoles,
  MinerPage,
  Pending,
  pageLimits,
  ReceiptJson,
  type RouteName,
  TaskPage,
} from '@assay/client';
import { addressOf, limits, SealedBlock, Transaction, TransactionBody, UnsignedTransaction } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { version } from '../../version.ts';
import { EchoGateway } from '../echo-gateway.fixture.ts';
import { ChatBody, defaultMaxTokens } from '../openai/request.ts';
import { type HttpServer, startHttpServer } from '../server.ts';
import {
  certifiedTask,
  headHeight,
  knownAddress,
  pendingTask,
  SmallChain,
  strangeAddress,
  TwoRoles,
  unknownTask,
} from '../small-chain.fixture.ts';

const adminToken = 'admin-token';
const chain = new SmallChain();
const failures: unknown[] = [];
let server: HttpServer;

beforeAll(async () => {
  server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    chat: new EchoGateway(),
    node: chain,
    roles: new TwoRoles(),
    adminToken,
    onRequestError: (error) => failures.push(error),
  });
});
afterAll(() => server.stop());

const get = (path: string, accept = '*/*') => fetch(`${server.url}${path}`, { headers: { accept } });
const read = async <T extends z.ZodType>(schema: T, path: string): Promise<z.infer<T>> =>
  schema.parse(await (await get(path)).json());
const hex = (taskId: Uint8Array) => `0x${toHex(taskId)}`;
const exampleParams: Readonly<Record<string, string>> = {
  height: '2',
  address: knownAddress,
  index: '0',
  taskId: hex(certifiedTask),
  epoch: '0',
  kind: 'account',
  id: knownAddress,
  name: 'miner-0',
  event: 'caseDismissed',
};
const examplePath = (route: ApiRoute) =>
  route.path.replace(/\{(\w+)\}/g, (_, name: string) => exampleParams[name] ?? '');

async function refusal(response: Response) {
  const { error } = ApiError.parse(await response.json());
  return { status: response.status, code: error.code, param: error.param };
}

describe('the node API', () => {
  const reads = (Object.entries(apiRoutes) as [RouteName, ApiRoute][]).filter(([, { method }]) => method === 'GET');

  it.each(reads)('answers %s with what its schema says', async (_, route) => {
    const response = await get(examplePath(route));
    const json = await response.json();
    expect(response.status).toBe(200);
    expect(route.response.parse(json)).toEqual(json);
  });

  it('gives the portable receipt where OpenAI clients look, with and without 0x', async () => {
    const portable = await read(ReceiptJson, `/v1/receipts/${toHex(certifiedTask)}`);
    expect(portable.receipt.taskId).toBe(hex(certifiedTask));
    expect(portable).toEqual(await read(ReceiptJson, `/assay/v1/receipts/${hex(certifiedTask)}`));
  });

  it('says of a task that is in no block yet that it is pending', async () => {
    for (const path of ['/v1/receipts', '/assay/v1/receipts', '/assay/v1/tasks']) {
      const response = await get(`${path}/${hex(pendingTask)}`);
      expect(response.status).toBe(202);
      expect(Pending.parse(await response.json()).taskId).toBe(hex(pendingTask));
    }
  });

  it.each([
    [`/v1/receipts/${hex(unknownTask)}`],
    [`/assay/v1/tasks/${hex(unknownTask)}`],
    [`/assay/v1/blocks/${headHeight + 1}`],
    [`/assay/v1/accounts/${strangeAddress}`],
    ['/assay/v1/miners/99'],
    ['/assay/v1/sessions/99'],
    ['/assay/v1/epochs/99'],
    [`/assay/v1/proofs/account/${strangeAddress}`],
    ['/assay/v1/proofs/session/99'],
    [`/assay/v1/proofs/task/${hex(unknownTask)}`],
    ['/assay/v1/nothing'],
    ['/v1/nothing'],
    ['/'],
  ])('says that there is nothing at %s', async (path) => {
    expect(await refusal(await get(path))).toEqual({ status: 404, code: 'NOT_FOUND', param: null });
  });

  it.each([
    ['/v1/receipts/0x12', 'INVALID_REQUEST', 'taskId'],
    [`/assay/v1/accounts/${knownAddress.slice(0, -1)}q`, 'INVALID_REQUEST', 'address'],
    ['/assay/v1/proofs/epoch/1', 'INVALID_REQUEST', 'kind'],
    ['/assay/v1/proofs/task/1', 'INVALID_REQUEST', 'id'],
    ['/assay/v1/proofs/account/1', 'INVALID_REQUEST', 'id'],
    ['/assay/v1/proofs/miner/one', 'INVALID_REQUEST', 'id'],
    ['/assay/v1/blocks/-1', 'INVALID_REQUEST', 'height'],
    ['/assay/v1/miners/1e3', 'INVALID_REQUEST', 'index'],
    ['/assay/v1/miners?limit=0', 'INVALID_REQUEST', 'limit'],
    ['/assay/v1/miners?limit=1001', 'INVALID_REQUEST', 'limit'],
    ['/assay/v1/tasks?before=', 'INVALID_REQUEST', 'before'],
    ['/assay/v1/blocks?from=1&from=2', 'INVALID_REQUEST', 'from'],
    ['/assay/v1/tasks?from=1', 'UNSUPPORTED_PARAMETER', 'from'],
    ['/assay/v1/status?verbose=1', 'UNSUPPORTED_PARAMETER', 'verbose'],
  ])('refuses %s with %s', async (path, code, param) => {
    expect(await refusal(await get(path))).toEqual({ status: 400, code, param });
  });

  it('lists a part of a table', async () => {
    const { total, items } = await read(MinerPage, '/assay/v1/miners?from=1&limit=1');
    expect([total, items.map(({ index }) => index)]).toEqual([3, [1]]);
    expect((await read(TaskPage, '/assay/v1/tasks?before=0')).items).toEqual([]);
  });

  it('gives a block as the bytes it is kept in', async () => {
    const response = await get('/assay/v1/blocks/2', 'application/octet-stream');
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(SealedBlock.deserialize(new Uint8Array(await response.arrayBuffer())).block.header.height).toBe(2);
    const missing = await get('/assay/v1/blocks/99', 'application/octet-stream');
    expect(await refusal(missing)).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('gives a kept state as bytes after its block, to two at once (§16.15)', async () => {
    const response = await get('/assay/v1/states/2', 'application/octet-stream');
    const body = Buffer.from(await response.arrayBuffer());
    const end = 4 + body.readUInt32LE();
    expect(SealedBlock.deserialize(body.subarray(4, end)).block.header.height).toBe(2);
    expect([...body.subarray(end)]).toEqual([2]);
    const missing = await get('/assay/v1/states/99', 'application/octet-stream');
    expect(await refusal(missing)).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('lists events of some types, and says of which', async () => {
    const { items } = await read(EventPage, '/assay/v1/events/caseDismissed');
    expect(items.map(({ height, event }) => [height, event.type])).toEqual([[2, 'caseDismissed']]);
    expect(await refusal(await get('/assay/v1/events/taskPaid'))).toMatchObject({ param: 'event' });
  });

  it('gives blocks as bytes, each after its length', async () => {
    const response = await get('/assay/v1/blocks?from=2&limit=3', 'application/octet-stream');
    const body = Buffer.from(await response.arrayBuffer());
    const heights: number[] = [];
    for (let at = 0; at < body.length; ) {
      const end = at + 4 + body.readUInt32LE(at);
      heights.push(SealedBlock.deserialize(body.subarray(at + 4, end)).block.header.height);
      at = end;
    }
    expect(heights).toEqual([2, 3, 4]);
    const past = await get('/assay/v1/blocks?from=100', 'application/octet-stream');
    expect((await past.arrayBuffer()).byteLength).toBe(0);
  });
});

describe('roles over HTTP', () => {
  const post = (path: string, token?: string) =>
    fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
  const isRunning = async (name: string) => {
    const { roles } = await read(LocalRoles, '/assay/v1/roles');
    return roles.find((role) => role.name === name)?.running;
  };

  it('stops and starts a role for who holds the admin token', async () => {
    expect(await (await post('/assay/v1/roles/miner-0/stop', adminToken)).json()).toMatchObject({ running: false });
    expect(await isRunning('miner-0')).toBe(false);
    expect(await (await post('/assay/v1/roles/miner-0/start', adminToken)).json()).toMatchObject({ running: true });
    expect(await isRunning('miner-0')).toBe(true);
  });

  it.each([undefined, 'wrong', 'sk-assay-test', `${adminToken}x`])('does nothing for the token %s', async (token) => {
    expect(await refusal(await post('/assay/v1/roles/mixer-0/stop', token))).toMatchObject({ status: 403 });
    expect(await isRunning('mixer-0')).toBe(true);
  });

  it('does not know other roles', async () => {
    expect(await refusal(await post('/assay/v1/roles/nobody/stop', adminToken))).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('transactions over HTTP', () => {
  const post = (body: Uint8Array<ArrayBuffer>, type = 'application/octet-stream') =>
    fetch(`${server.url}/assay/v1/transactions`, { method: 'POST', body, headers: { 'content-type': type } });
  const sessionOpened = { type: 'sessionOpened' as const, session: 4, payer: addressOf(new Uint8Array(32)) };

  it('hands the bytes to the engine and answers once they are applied', async () => {
    chain.outcome = { code: 'OK', height: 6, events: [sessionOpened] };
    const events = [{ ...sessionOpened, payer: knownAddress }];
    expect(await (await post(Uint8Array.of(1, 2, 3))).json()).toEqual({ code: 'OK', height: 6, events });
    expect(chain.submitted.at(-1)).toEqual(Buffer.of(1, 2, 3));
  });

  it.each([
    ['BAD_NONCE', 7, 400],
    ['INSUFFICIENT_BALANCE', 0, 402],
    ['BAD_SIGNATURE', 0, 401],
  ] as const)('answers %s at height %i with %i', async (code, height, status) => {
    chain.outcome = { code, height, events: [] };
    const response = await post(Uint8Array.of(1));
    const body = ApiError.parse(await response.json());
    expect([response.status, body.error.code, body.inclusion]).toEqual([status, code, { code, height }]);
  });

  it('names its version where a newer one has made the transaction (§5.31)', async () => {
    chain.outcome = { code: 'MALFORMED', height: 0, events: [] };
    const { members, kinds } = TransactionBody;
    const value = members.transfer.defaultValue();
    const content = { ...UnsignedTransaction.defaultValue(), body: { kind: 'transfer' as const, value } };
    const bytes = Transaction.serialize({ content, signature: new Uint8Array(64) });
    const newer = Uint8Array.from(bytes.with(-1 - (members.transfer.fixedSize ?? 0), kinds.length));
    const why = `Version ${version} cannot read them: ${kinds.length} selects nothing of TransactionBody`;
    expect(ApiError.parse(await (await post(newer)).json()).error.message).toContain(why);
    const headers = { 'content-type': 'application/octet-stream' };
    const url = `${server.url}${apiRoutes.checkTransaction.path}`;
    const { sentence } = Checked.parse(await (await fetch(url, { method: 'POST', body: newer, headers })).json());
    expect(sentence).toContain(why);
  });

  it('says what one would get, and sends it nowhere', async () => {
    chain.outcome = { code: 'BAD_NONCE', height: 6, events: [] };
    const before = chain.submitted.length;
    const path = `${server.url}${apiRoutes.checkTransaction.path}`;
    const headers = { 'content-type': 'application/octet-stream' };
    const response = await fetch(path, { method: 'POST', body: Uint8Array.of(1), headers });
    expect(Checked.parse(await response.json())).toMatchObject({ code: 'BAD_NONCE', height: 6 });
    expect(await refusal(await fetch(path, { method: 'POST', headers }))).toMatchObject({ code: 'INVALID_REQUEST' });
    expect(chain.submitted.length).toBe(before);
  });

  it('takes nothing but bytes, and some of them', async () => {
    expect(await refusal(await post(new Uint8Array()))).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
    expect(await refusal(await post(Uint8Array.of(1), 'application/json'))).toMatchObject({ code: 'INVALID_REQUEST' });
    const huge = new Uint8Array(3 * 1024 * 1024);
    expect(await refusal(await post(huge))).toMatchObject({ status: 413, code: 'REQUEST_TOO_LARGE' });
  });
});

describe('the OpenAPI document', () => {
  const OpenApi = z.object({
    openapi: z.literal('3.1.0'),
    paths: z.record(z.string(), z.record(z.string(), z.object({ summary: z.string() }))),
    components: z.object({ schemas: z.record(z.string(), z.looseObject({})) }),
  });

  it('describes every route, and refers to nothing it does not hold', async () => {
    const document = await read(OpenApi, '/assay/v1/openapi.json');
    for (const route of Object.values(apiRoutes)) {
      expect(document.paths[route.path]?.[route.method.toLowerCase()]?.summary).toBe(route.summary);
    }
    const text = await (await get('/assay/v1/openapi.json')).text();
    const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
    expect(references.length).toBeGreaterThan(Object.keys(apiRoutes).length);
    for (const [, name] of references) expect(document.components.schemas).toHaveProperty(name ?? '');
    expect(document.components.schemas.ChatBody).toHaveProperty('properties.max_completion_tokens');
  });

  it('was answered without a failure of the node', () => {
    expect(failures).toEqual([]);
  });
});

describe('spec/api.md', () => {
  const document = readFileSync(new URL('../../../../../spec/api.md', import.meta.url), 'utf8');

  it('names every route', () => {
    for (const { path } of Object.values(apiRoutes)) {
      const words = path.replace('/assay/v1/', '');
      expect([path, document.includes(words)]).toEqual([path, true]);
    }
  });

  it('names every parameter of a chat request', () => {
    for (const name of Object.keys(ChatBody.shape))
      expect([name, document.includes(`\`${name}`)]).toEqual([name, true]);
  });

  it('gives the limits there are', () => {
    for (const [what, value] of [
      ['max tokens', limits.maxTokens.toLocaleString('en')],
      ['default tokens', ` ${defaultMaxTokens} |`],
      ['page', pageLimits.max.toLocaleString('en')],
      ['body', `${limits.maxRequestBytes / 2 ** 20} MiB`],
      ['transaction', `${limits.maxTransactionBytes / 2 ** 20} MiB`],
    ]) {
      expect([what, document.includes(value ?? '')]).toEqual([what, true]);
    }
  });
});
