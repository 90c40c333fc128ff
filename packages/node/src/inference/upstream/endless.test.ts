import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EngineInfo } from '@assay/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServerHttp } from './http.ts';
import { LlamaServer } from './llama-server.ts';
import { SglangServer } from './sglang.ts';
import { VllmServer } from './vllm.ts';

const vocabulary = { endIds: [2], vocabularySize: 64 };
const facts = { engine: EngineInfo.defaultValue(), contextTokens: 512, scoringCure: null };
const sampling = { temperatureMicro: 1_000_000, topPMicro: 1_000_000, topK: 0, minPMicro: 0, seed: 1 };
const request = { promptIds: [1, 5, 6], maxTokens: 4, sampling, alternatives: 5 };
const mebibyte = 1024 * 1024;

let server: Server;
let url = '';
let answer: (response: ServerResponse, count: number) => unknown;
let requests = 0;

beforeAll(async () => {
  server = createServer((incoming, response) => {
    incoming.resume();
    incoming.on('end', () => answer(response, ++requests));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Sends one event again and again, 64 MiB at most; gives how much was taken before it was left. */
async function flood(event: object, make: (http: ServerHttp) => VllmServer | SglangServer | LlamaServer) {
  let sent = 0;
  const line = `data: ${JSON.stringify(event)}\n\n`.repeat(500);
  answer = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const more = () => {
      while (!response.destroyed && sent < 64 * mebibyte) {
        sent += line.length;
        if (!response.write(line)) return;
      }
      response.end();
    };
    response.on('drain', more);
    more();
  };
  const steps = make(new ServerHttp(url, {})).steps(request, new AbortController().signal);
  const error = await (async () => {
    for await (const _ of steps);
    return null;
  })().catch((caught: unknown) => caught);
  return { sent, error };
}

describe('a server that sends events without end and no token', () => {
  it.each([
    ['vLLM, no choice', {}, (http: ServerHttp) => new VllmServer(http, { ...facts, modelName: 'm' }, vocabulary)],
    [
      'vLLM, no token',
      { choices: [{ text: '', token_ids: [], logprobs: { tokens: [], token_logprobs: [], top_logprobs: [] } }] },
      (http: ServerHttp) => new VllmServer(http, { ...facts, modelName: 'm' }, vocabulary),
    ],
    [
      'SGLang, no token',
      { text: '', meta_info: { completion_tokens: 0, output_token_logprobs: [], output_top_logprobs: [] } },
      (http: ServerHttp) => new SglangServer(http, facts, vocabulary),
    ],
    ['llama.cpp', {}, (http: ServerHttp) => new LlamaServer(http, { ...facts, plainId: 20 }, vocabulary)],
  ])('(%s) is left before it has sent a few megabytes', async (_what, event, make) => {
    const { sent, error } = await flood(event, make);
    expect(error).toMatchObject({ code: 'BACKEND_FAILED' });
    expect(sent).toBeLessThan(16 * mebibyte);
  });
});
