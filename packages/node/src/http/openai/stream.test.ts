import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AnswerEvent } from '@assay/roles/ports/chat';
import { afterEach, expect, it } from 'vitest';
import { ChunkWriter } from './completion.ts';
import { readChatRequest } from './request.ts';
import { startAnswer, writeEvents } from './stream.ts';

const server = createServer();
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const asked = readChatRequest({ model: 'm', messages: [{ role: 'user', content: 'x' }], stream: true });
const writerOf = () => new ChunkWriter('0x00', asked, 0);
const megabytes = 8;
const text = 'x'.repeat(2 ** 20);

async function* answer(onPull: () => void): AsyncGenerator<AnswerEvent> {
  for (let i = 0; i < megabytes; i++) {
    onPull();
    yield { type: 'tokens', text, tokens: [] };
  }
  yield { type: 'end', finish: 'stop', tokensIn: 1, tokensOut: megabytes };
}

it('asks for the next token only when the client has taken the last', async () => {
  const pulledWhileFull: boolean[] = [];
  let drains = 0;
  server.on('request', async (_, response: ServerResponse) => {
    response.on('drain', () => drains++);
    const started = await startAnswer(answer(() => pulledWhileFull.push(response.writableNeedDrain)));
    response.writeHead(200);
    await writeEvents(response, started, writerOf(), new AbortController().signal);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const body = await (await fetch(`http://127.0.0.1:${port}/`)).text();
  expect(body.length).toBeGreaterThan(megabytes * text.length);
  expect(drains).toBeGreaterThan(0);
  expect(pulledWhileFull).toEqual(new Array(megabytes).fill(false));
});
