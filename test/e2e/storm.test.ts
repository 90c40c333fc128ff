import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { attacksOf, later } from './attacks.ts';
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
  await network.kill();
  directory.remove();
});

/** How often each answer came: its status, and its code when it is an error. */
const answers = new Map<string, number>();
const unexpected = new Set<string>();
async function storm(until: number): Promise<void> {
  const lanes = attacksOf(network, model).map(async ({ send, answer }, lane) => {
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
