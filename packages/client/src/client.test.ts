import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createClient } from './client.ts';
import type { ClientError } from './errors.ts';

let server: Server | undefined;

async function serve(listener: RequestListener): Promise<string> {
  const started = createServer(listener);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
}

const answer =
  (status: number, body: unknown): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };

const failureOf = (call: Promise<unknown>): Promise<ClientError> =>
  call.then(
    () => {
      throw new Error('the call did not fail');
    },
    (error: ClientError) => error,
  );

afterEach(async () => {
  await new Promise((resolve) => (server === undefined ? resolve(null) : server.close(resolve)));
  server = undefined;
});

describe('createClient', () => {
  it('asks one route for each action and checks the answer', async () => {
    const seen: string[] = [];
    const address = `assay1${'q'.repeat(32)}`;
    const baseUrl = await serve((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`.trim());
      response.setHeader('content-type', 'application/json');
      if (request.url?.includes('/accounts/')) response.end(JSON.stringify({ address, balanceUnits: '5', nonce: 0 }));
      else if (request.url?.includes('/roles/')) {
        response.end(JSON.stringify({ name: 'miner 1', kind: 'miner', address, running: false, hasKey: true }));
      } else response.end(JSON.stringify({ height: 3, items: [] }));
    });
    const client = createClient({ baseUrl: `${baseUrl}/` });
    expect(await client.getAccount(address)).toEqual({ address, balanceUnits: '5', nonce: 0 });
    expect(await client.getTasks({ limit: 2, before: 9 })).toEqual({ height: 3, items: [] });
    await client.getProof({ kind: 'miner', id: '2' }).catch(() => {});
    expect(await client.setRole({ name: 'miner 1', running: false, adminToken: 'secret' })).toMatchObject({
      running: false,
    });
    expect(seen).toEqual([
      `GET /assay/v1/accounts/${address}`,
      'GET /assay/v1/tasks?limit=2&before=9',
      'GET /assay/v1/proofs/miner/2',
      'POST /assay/v1/roles/miner%201/stop Bearer secret',
    ]);
  });

  it('says that no node answers, and what to do', async () => {
    const baseUrl = await serve(answer(200, {}));
    await new Promise((resolve) => server?.close(resolve));
    const error = await failureOf(createClient({ baseUrl }).getStatus());
    expect(error).toMatchObject({ code: 'NODE_NOT_REACHABLE', status: 0 });
    expect(error.message).toBe(`No node answers at ${baseUrl}. Is it running? Start one with \`npm start\`.`);
  });

  it('passes on the code and sentence of the node', async () => {
    const message = 'There is nothing at this address.';
    const body = { error: { message, type: 'invalid_request_error', code: 'NOT_FOUND', param: null } };
    const baseUrl = await serve(answer(404, body));
    expect(await failureOf(createClient({ baseUrl }).getEpoch(9))).toMatchObject({
      code: 'NOT_FOUND',
      status: 404,
      message,
    });
  });

  it.each([
    ['another program', 500, 'oops', 'is not an Assay node (status 500)'],
    ['another version', 200, { height: 'three' }, 'is not what this version expects'],
  ])('does not take %s for a node', async (_, status, body, sentence) => {
    const baseUrl = await serve(answer(status, body));
    const error = await failureOf(createClient({ baseUrl }).getStatus());
    expect(error.code).toBe('BAD_ANSWER');
    expect(error.message).toContain(sentence);
  });

  it('gives a pending task as pending', async () => {
    const pending = { status: 'pending', taskId: `0x${'0'.repeat(64)}`, message: 'Not in a block yet.' };
    const baseUrl = await serve(answer(202, pending));
    const client = createClient({ baseUrl });
    expect(await client.getTask(pending.taskId)).toEqual(pending);
    expect(await client.getReceipt(pending.taskId)).toEqual(pending);
  });

  it('cuts the bytes of a page into blocks, and refuses half a block', async () => {
    const whole = Uint8Array.of(2, 0, 0, 0, 7, 8, 1, 0, 0, 0, 9);
    let bytes = whole;
    const baseUrl = await serve((_, response) => response.end(bytes));
    const client = createClient({ baseUrl });
    expect((await client.getBlockBytes()).map((block) => [...block])).toEqual([[7, 8], [9]]);
    for (const length of [3, 5, 8, 10]) {
      bytes = whole.subarray(0, length);
      expect((await failureOf(client.getBlockBytes())).code).toBe('BAD_ANSWER');
    }
  });
});
