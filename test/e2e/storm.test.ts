import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, RunningNetwork, receiptIdOf, temporaryDirectory } from './network.ts';

/** Ten minutes by hand: `ASSAY_STORM_S=600 npm test -- test/e2e/storm.test.ts`. */
const stormMs = Number(process.env.ASSAY_STORM_S ?? 20) * 1000;
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

const hostile = ['\ufeff', '\ufffd', '\u200d', '\u202e', '\0', '🧑‍🚀', 'é', '\ufeff\ufeff', '<|im_end|>', ' '];
const pick = <T>(list: readonly T[], n: number): T => list[n % list.length] as T;
const user = (content: string) => ({ role: 'user', content });

/** How often each answer came: its status, and its code when it is an error. */
const answers = new Map<string, number>();
const unexpected = new Set<string>();
/** Where all of the machine's work is taken, anybody may be asked to come back. */
const later = ['429 TOO_MANY_REQUESTS', '503 NO_MINER'];

interface Attack {
  /** Sends the `n`th of its kind; gives the answer, or null where there can be none. */
  readonly send: (n: number) => Promise<string | null>;
  readonly answer: string;
}

/** Sends a body as it is. */
async function post(body: string, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<string> {
  const authorization = `Bearer ${network.apiKey}`;
  const response = await fetch(`${network.api}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization, ...headers },
    body,
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await response.text();
  if (response.ok) return `${response.status}`;
  return `${response.status} ${(JSON.parse(text) as { error: { code: string } }).error.code}`;
}

const chat = (change: object) => JSON.stringify({ model, max_tokens: 4, messages: [user('Hello')], ...change });
const body = (change: object) => () => post(chat(change));

/** Opens a request and never ends it. */
async function dawdle(): Promise<null> {
  const { hostname, port } = new URL(network.api);
  const socket = connect(Number(port), hostname).on('error', () => {});
  socket.write('POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{');
  await delay(1000);
  socket.destroy();
  return null;
}

/** Every attack that a client can make, each by itself. */
const attacks: readonly Attack[] = [
  {
    send: (n) => post(chat({ stop: [pick(hostile, n)], messages: [user(`${pick(hostile, n)}Hi ${n}`)] })),
    answer: '200',
  },
  {
    send: (n) => post(chat({ messages: [user(`Repeat: ${pick(hostile, n).repeat(8)}`)], temperature: 2 })),
    answer: '200',
  },
  { send: (n) => post(chat({ max_tokens: 1, seed: n })), answer: '200' },
  {
    send: (n) => post(chat({ max_tokens: 64, stream: true }), {}, AbortSignal.timeout(n % 400)).catch(() => null),
    answer: '200',
  },
  { send: dawdle, answer: '' },
  { send: body({ messages: [user('x '.repeat(480_000))] }), answer: '400 CONTEXT_TOO_LONG' },
  { send: body({ messages: Array.from({ length: 1025 }, () => user('Hi')) }), answer: '400 INVALID_REQUEST' },
  { send: body({ stop: ['y'.repeat(257)] }), answer: '400 INVALID_REQUEST' },
  { send: body({ stop: [''] }), answer: '400 INVALID_REQUEST' },
  { send: body({ messages: [{ role: 'assistant', content: '' }] }), answer: '200' },
  { send: body({ max_tokens: 100_000 }), answer: '400 CONTEXT_TOO_LONG' },
  { send: () => post('{"model":'), answer: '400 INVALID_REQUEST' },
  { send: () => post(chat({}), { authorization: 'Bearer no-such-key' }), answer: '401 INVALID_API_KEY' },
  { send: () => post(chat({}), { origin: 'https://elsewhere.example' }), answer: '403 FOREIGN_ORIGIN' },
];

async function storm(until: number): Promise<void> {
  const lanes = attacks.map(async ({ send, answer }, lane) => {
    for (let n = lane; Date.now() < until; n++) {
      const given = await send(n);
      if (given !== null) answers.set(given, (answers.get(given) ?? 0) + 1);
      if (given !== null && given !== answer && !later.includes(given)) unexpected.add(`${lane}: ${given}`);
      await delay(100);
    }
  });
  await Promise.all(lanes);
}

/** Asks as a user with some patience does, until the storm is over. */
async function honestUser(until: number): Promise<{ texts: string[]; receipts: string[] }> {
  const client = new OpenAI({ baseURL: network.api, apiKey: network.apiKey, maxRetries: 100 });
  const texts: string[] = [];
  const receipts: string[] = [];
  do {
    const asked = { model, messages: [{ role: 'user', content: 'Name three colours.' } as const] };
    const answer = await client.chat.completions.create({ ...asked, max_tokens: 16, seed: 5 });
    texts.push(answer.choices[0]?.message.content ?? '');
    receipts.push(receiptIdOf(answer));
    await delay(500);
  } while (Date.now() < until);
  return { texts, receipts };
}

/** What the chain holds against each miner. */
async function records() {
  const { items } = await network.client.getMiners();
  return items.map(({ status, collateralUnits, rejected, strikes, epochFailed, failedMicro, cusumMilli }) => ({
    status,
    collateralUnits,
    rejected,
    strikes,
    epochFailed,
    failedMicro,
    cusumMilli,
  }));
}

it(
  'every attack of a client at once leaves honest miners their records and money, and users their answers',
  async () => {
    const before = await records();
    const calm = await honestUser(Date.now());
    const until = Date.now() + stormMs;
    const [honest] = await Promise.all([honestUser(until), storm(until)]);
    expect([...unexpected]).toEqual([]);
    expect(new Set(honest.texts)).toEqual(new Set(calm.texts));

    const drained = await eventually(async () => {
      const { tasks } = await network.client.getStatus();
      return tasks.approved + tasks.rejected === tasks.certified ? tasks : null;
    });
    const { length } = honest.texts;
    console.log(
      JSON.stringify({ seconds: stormMs / 1000, honest: length, ...drained, ...Object.fromEntries(answers) }),
    );
    expect(drained.rejected).toBe(0);
    expect(await records()).toEqual(before);
    expect(before.length).toBeGreaterThan(1);
    for (const receipt of honest.receipts) {
      expect(await network.client.getTask(receipt)).toMatchObject({ refundedUnits: '0' });
    }
  },
  stormMs + 180_000,
);
