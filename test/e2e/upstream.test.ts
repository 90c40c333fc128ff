import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { writeTinyModel } from '@assay/node/inference/gguf/tiny';
import { TinyCompletions } from '@assay/node/inference/upstream/tiny-completions.fixture';
import { startVllm } from '@assay/node/inference/upstream/vllm.fixture';
import { sha256OfFile } from '@assay/node/models/file-hash';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { RunningNetwork, receiptIdOf, taskWith, temporaryDirectory } from './network.ts';

/** What `assay calibrate` writes, of two engines that are nobody's: it is the widest of the model. */
async function wideProfile(path: string) {
  const root = (byte: string) => `0x${byte.repeat(32)}`;
  const limits = { requests: 300, t1LimitPpb: 40_000_000, marginMicro: 400_000 };
  const separating = { substituteT1Ppb: 120_000_000, substituteMismatchesPpb: 200_000_000 };
  return {
    model: { name: 'tiny', fileHash: await sha256OfFile(path) },
    profile: { minerEngine: root('11'), auditorEngine: root('22'), ...limits, ...separating },
  };
}

const directory = temporaryDirectory();
const words = ['The', ' sky', ' is', ' blue.'];
let server: Server;
let network: RunningNetwork;

/** A server of OpenAI's wire format that can say one sentence. */
function startUpstream(): Promise<Server> {
  const upstream = createServer((request, response) => {
    if (request.url === '/v1/models') {
      response.setHeader('content-type', 'application/json');
      return response.end(JSON.stringify({ object: 'list', data: [{ id: 'one-sentence', object: 'model' }] }));
    }
    const common = { id: 'x', object: 'chat.completion.chunk', created: 0, model: 'one-sentence' };
    const send = (more: object) => response.write(`data: ${JSON.stringify({ ...common, ...more })}\n\n`);
    response.setHeader('content-type', 'text/event-stream');
    for (const content of words) send({ choices: [{ index: 0, delta: { content }, finish_reason: null }] });
    send({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
    send({ choices: [], usage: { prompt_tokens: 7, completion_tokens: words.length, total_tokens: 11 } });
    return response.end('data: [DONE]\n\n');
  });
  return new Promise((resolve) => upstream.listen(0, '127.0.0.1', () => resolve(upstream)));
}

beforeAll(async () => {
  server = await startUpstream();
  const { port } = server.address() as AddressInfo;
  const args = ['--upstream', `http://127.0.0.1:${port}/v1`];
  network = await RunningNetwork.start({ dataDir: join(directory.path, 'net'), args });
});

afterAll(async () => {
  await network.kill();
  server.close();
  directory.remove();
});

describe('miners behind any OpenAI-compatible server (F15)', () => {
  it('answer, and earn nothing, since nobody can re-check a text: no result is never a pass (§10.4)', async () => {
    const answer = await network.openai.chat.completions.create({
      model: 'one-sentence',
      messages: [{ role: 'user', content: 'What colour is the sky?' }],
    });
    expect(answer.choices[0]?.message.content).toBe(words.join(''));
    expect(answer.usage).toMatchObject({ prompt_tokens: 7, completion_tokens: words.length });
    const ended = await taskWith(network, receiptIdOf(answer), (task) => task.status === 'rejected');
    expect(ended).toMatchObject({ verdict: 'noResult', refundedUnits: ended.priceUnits, paidEpoch: null });
    const miner = await network.client.getMiner(ended.miner);
    expect(miner).toMatchObject({ evidenceLevel: 0, epochFailed: 0, epochVwu: '0' });
  }, 60_000);
});

describe('miners behind a server that says what it chose from (verification §1.8)', () => {
  it('are audited by the built-in engine, pass within a noise profile, and are paid (verification §3.4)', async () => {
    const path = join(directory.path, 'tiny.gguf');
    await writeTinyModel(path);
    const completions = await TinyCompletions.open(path);
    const served = await startVllm(completions, { maxLogprobs: 64 });
    const profile = join(directory.path, 'profile.json');
    await writeFile(profile, JSON.stringify(await wideProfile(path)));
    const named = ['--upstream', served.url, '--upstream-model', 'tiny', '--model', path, '--context', '512'];
    const args = [...named, '--profile', profile];
    const checked = await RunningNetwork.start({ dataDir: join(directory.path, 'checked'), args });
    onTestFinished(async () => {
      await checked.kill();
      await served.close();
      await completions.close();
    });
    const answer = await checked.openai.chat.completions.create({
      model: 'tiny',
      messages: [{ role: 'user', content: 'Hello' }],
      max_tokens: 12,
      logprobs: true,
      top_logprobs: 20,
    });
    const tokens = answer.choices[0]?.logprobs?.content ?? [];
    expect(tokens).toHaveLength(answer.usage?.completion_tokens ?? 0);
    expect(tokens.every((token) => token.top_logprobs.length === 20)).toBe(true);
    const task = await taskWith(checked, receiptIdOf(answer), ({ paidEpoch }) => paidEpoch !== null);
    expect(task).toMatchObject({ verdict: 'pass', refundedUnits: '0' });
    expect(await checked.client.getMiner(task.miner)).toMatchObject({ evidenceLevel: 2, resultsOwed: 0 });
    const numbers = task.audit?.auditors.flatMap((auditor) => auditor.numbers ?? []) ?? [];
    expect(numbers.length).toBeGreaterThan(0);
    for (const each of numbers) expect(each).toMatchObject({ finding: 'checked', profile: 0, choiceMismatches: 0 });
    expect(numbers.every(({ surprise }) => surprise.varianceMilli > 0)).toBe(true);
  }, 60_000);
});
