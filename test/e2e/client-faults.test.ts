import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RunningNetwork, receiptIdOf, taskWith, temporaryDirectory } from './network.ts';

const directory = temporaryDirectory();
let network: RunningNetwork;
let model: string;

beforeAll(async () => {
  network = await RunningNetwork.start({ dataDir: join(directory.path, 'net') });
  model = (await network.openai.models.list()).data[0]?.id ?? '';
});

afterAll(async () => {
  await network.end('SIGKILL');
  directory.remove();
});

const ask = (content: string, more: object = {}, signal?: AbortSignal) =>
  network.openai.chat.completions.create(
    { model, messages: [{ role: 'user', content }], max_tokens: 4, ...more },
    { signal },
  );

it('no request hurts an honest miner: stops, marks, a megabyte, leaving (§5.15, verification §2.1)', async () => {
  const stops = ['\ufeff', '\ufffd', '\u0000', '\u200d', ' '];
  const answers = [];
  for (const stop of stops) answers.push(await ask(`Hello ${answers.length}`, { stop: [stop] }));
  answers.push(await ask('\ufeffSay \ufeff again:\ufeff', { max_tokens: 16, temperature: 2 }));
  const megabyte = ask('long '.repeat(190_000));
  await expect(megabyte).rejects.toMatchObject({ status: 400, code: 'CONTEXT_TOO_LONG' });
  await expect(ask('x', { stop: [''] })).rejects.toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
  for (const afterMs of [0, 1, 5, 20, 50, 100, 200, 400]) {
    const left = ask('Tell me a long story.', { max_tokens: 64, stream: true }, AbortSignal.timeout(afterMs + 1));
    await left.catch(() => null);
  }
  const isJudged = ({ verdict }: { verdict: string | null }) => verdict !== null && verdict !== 'open';
  for (const answer of answers) {
    expect((await taskWith(network, receiptIdOf(answer), isJudged)).verdict).toBe('pass');
  }
  const { items } = await network.client.getMiners();
  expect(items.map(({ status, rejected, strikes }) => ({ status, rejected, strikes }))).toEqual(
    items.map(() => ({ status: 'active', rejected: 0, strikes: 0 })),
  );
  expect(items.length).toBeGreaterThan(1);
});
