import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cometForTests } from '@assay/node/consensus/cometbft/net.fixture';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attacksOf, later } from './attacks.ts';
import { assay, eventually, RunningNetwork, receiptIdOf, seats, taskWith, temporaryDirectory } from './network.ts';

const directory = temporaryDirectory();
let network: RunningNetwork;
let model: string;
/** Asked first and looked at last: its epoch is over by then. */
let first: OpenAI.ChatCompletion;

const engine = (await cometForTests()) === null ? 'one that makes the blocks, for there is no CometBFT' : 'CometBFT';
/** The same suite holds however the roles are put together. */
const shapes = [
  { shape: 'in one process', isSplit: false },
  { shape: `in a process for each role, by libp2p and ${engine}`, isSplit: true },
];

afterAll(() => directory.remove());

const ask = (content: string, more: { max_tokens?: number; seed?: number } = {}) =>
  network.openai.chat.completions.create({
    model,
    messages: [{ role: 'user', content }],
    max_tokens: 16,
    ...more,
  });

async function audited(taskId: string) {
  const task = await network.client.getTask(taskId);
  return task.status === 'pending' ? [] : (task.audit?.auditors ?? []);
}

const command = (...args: string[]) => assay([...args, '--data', network.dataDir]);

const readmeReceipt = join(directory.path, 'r.json');

/** What README.md tells a new user to type after `npx assay`, but for what needs a server beside the network. */
function readmeCommands(): string[] {
  const [readme = ''] = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8').split('\n## GPUs');
  const lines = readme.match(/^npx assay [^#\n]+/gm) ?? [];
  return lines.map((line) => line.slice('npx assay '.length).trim());
}

/** Runs `work` while the named roles are stopped. */
async function without<T>(roles: readonly string[], work: () => Promise<T>): Promise<T> {
  for (const role of roles) await network.stopRole(role);
  try {
    return await work();
  } finally {
    for (const role of roles) await network.startRole(role);
    await blocks(2);
  }
}

/** A role that was started is heard of with the next block. */
async function blocks(count: number): Promise<void> {
  const { height } = await network.client.getStatus();
  await eventually(async () => ((await network.client.getStatus()).height >= height + count ? true : null));
}

describe.each(shapes)('a network $shape', ({ isSplit }) => {
  beforeAll(async () => {
    network = await RunningNetwork.start({ dataDir: join(directory.path, isSplit ? 'many' : 'one'), isSplit });
    const models = await network.openai.models.list();
    model = models.data[0]?.id ?? '';
  }, 180_000);

  afterAll(() => network.kill(), 60_000);

  describe('what is asked', () => {
    it('is answered', async () => {
      first = await ask('Why is the sky blue?');
      expect(first.choices[0]?.message.content).not.toBe('');
    });

    it('streams, with usage and the receipt in the last event and in a header', async () => {
      const { data: stream, response } = await network.openai.chat.completions
        .create({
          model,
          messages: [{ role: 'user', content: 'Count to five.' }],
          max_tokens: 24,
          stream: true,
          stream_options: { include_usage: true },
        })
        .withResponse();
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
      expect(text).not.toBe('');
      expect(chunks.at(-1)?.usage?.completion_tokens).toBeGreaterThan(0);
      expect(receiptIdOf(chunks.at(-1))).toBe(response.headers.get('x-assay-receipt'));
    });

    it('gives the same answer for the same seed, whoever serves it, with logprobs', async () => {
      const [first, second] = [
        await ask('Tell me a story.', { seed: 11 }),
        await ask('Tell me a story.', { seed: 11 }),
      ];
      expect(first.choices[0]?.message.content).toBe(second.choices[0]?.message.content);
      const answer = await network.openai.chat.completions.create({
        model,
        messages: [{ role: 'user', content: 'Hi.' }],
        max_tokens: 4,
        temperature: 0,
        logprobs: true,
        top_logprobs: 3,
      });
      const [token] = answer.choices[0]?.logprobs?.content ?? [];
      expect(token?.top_logprobs).toHaveLength(3);
      expect(token?.logprob).toBeLessThanOrEqual(0);
      expect(token?.token).toBe(token?.top_logprobs[0]?.token);
    });

    it('refuses what it cannot do, by name', async () => {
      const stranger = new OpenAI({ baseURL: network.api, apiKey: 'sk-assay-nobody', maxRetries: 0 });
      await expect(stranger.chat.completions.create({ model, messages: [] })).rejects.toMatchObject({ status: 401 });
      await expect(
        network.openai.chat.completions.create({ model: 'gpt-9', messages: [{ role: 'user', content: 'x' }] }),
      ).rejects.toMatchObject({ status: 404, code: 'MODEL_NOT_FOUND' });
      await expect(
        network.openai.chat.completions.create({
          model,
          messages: [{ role: 'user', content: 'x' }],
          logit_bias: { 5: 1 },
        }),
      ).rejects.toMatchObject({ status: 400, code: 'UNSUPPORTED_PARAMETER', param: 'logit_bias' });
      await expect(ask('x'.repeat(20_000))).rejects.toMatchObject({ status: 400, code: 'CONTEXT_TOO_LONG' });
    });
  });

  describe('users and what they send', () => {
    it('answers nonsense by name, whatever was sent before', async () => {
      for (const [n, { send, answer }] of attacksOf(network, model).entries()) {
        const given = await send(n);
        if (given !== null) expect([answer, ...later]).toContain(given);
      }
    }, 120_000);

    it('takes an API key from when it is issued until it is revoked', async () => {
      const { session, number, apiKey } = JSON.parse((await command('api-key', 'new', '0', '--json')).out);
      const asked = async (key: string) =>
        (await fetch(`${network.api}/models`, { headers: { authorization: `Bearer ${key}` } })).status;
      expect([session, await asked(apiKey), await asked(network.apiKey)]).toEqual([0, 200, 200]);
      expect(await command('api-key', 'revoke', '0', String(number))).toMatchObject({ code: 0 });
      expect([await asked(apiKey), await asked(network.apiKey)]).toEqual([401, 200]);
    }, 60_000);
  });

  describe('when parts of it fail', () => {
    it('certifies nothing with two of four mixers stopped, says 503 and why, and recovers (A5)', async () => {
      // Without its home mixer a session hears NO_MIXER first, until the others know that it is gone.
      const { homeMixer } = await network.client.getSession(0);
      // The next in turn stays, for the test after this: the miners of a mixer that is back are slow to dial it again.
      const others = [2, 3].map((after) => ((homeMixer + after) % 4) + 1);
      await without(
        others.map((number) => `mixer-${number}`),
        async () => {
          const refused = async () => {
            const error = await ask('Anyone?').then(
              () => null,
              (reason: unknown) => reason,
            );
            return error as { status: number; code: string; message: string } | null;
          };
          let error = await refused();
          while (error === null) error = await refused();
          expect(error).toMatchObject({ status: 503, code: 'NO_COMMITTEE' });
          expect(error.message).toContain('2 of 4');
          const before = (await network.client.getMixers()).items.map((mixer) => mixer.nextSequence);
          await blocks(4);
          expect((await network.client.getMixers()).items.map((mixer) => mixer.nextSequence)).toEqual(before);
        },
      );
      // They are heard of when their machines are connected again.
      const answer = await eventually(() => ask('Back?').catch(() => null));
      expect(answer.choices).toHaveLength(1);
    }, 120_000);

    it('goes on with one of four mixers stopped, even the home mixer (A5)', async () => {
      await seats(network.client, 4);
      const { homeMixer } = await network.client.getSession(0);
      const taskId = await without([`mixer-${homeMixer + 1}`], async () => {
        await blocks(9);
        const id = receiptIdOf(await ask('Hello.'));
        await taskWith(network, id, () => true);
        return id;
      });
      expect((await taskWith(network, taskId, () => true)).mixer).not.toBe(homeMixer);
    }, 120_000);

    it('hands the task of a miner that dies to the next in the draw, and charges once (D3)', async () => {
      const session = async () => BigInt((await network.client.getSession(0)).spentUnits);
      await network.stopRole('miner-2');
      await network.stopRole('miner-3');
      // The home mixer was stopped before this: the miner that is left dials it again.
      await eventually(() => ask('Are you there?').catch(() => null));
      const stream = await network.openai.chat.completions.create({
        model,
        messages: [{ role: 'user', content: 'Write a long story about a river.' }],
        max_tokens: 160,
        seed: 3,
        stream: true,
      });
      let text = '';
      let last: unknown = null;
      let killed = false;
      for await (const chunk of stream) {
        text += chunk.choices[0]?.delta.content ?? '';
        last = chunk;
        if (killed || text.length < 40) continue;
        killed = true;
        await network.startRole('miner-2');
        await network.startRole('miner-3');
        await network.stopRole('miner-1');
      }
      await network.startRole('miner-1');
      const task = await taskWith(network, receiptIdOf(last), () => true);
      expect([await network.indexOf('miner-2'), await network.indexOf('miner-3')]).toContain(task.miner);
      expect(task.attempt).toBeGreaterThanOrEqual(1);
      const alone = await ask('Write a long story about a river.', { max_tokens: 160, seed: 3 });
      expect(alone.choices[0]?.message.content).toBe(text);
      const again = await taskWith(network, receiptIdOf(alone), () => true);
      expect(again.priceUnits).toBe(task.priceUnits);
      const spent = await session();
      const { items } = await network.client.getTasks({ limit: 100 });
      expect(items.reduce((sum, item) => sum + BigInt(item.priceUnits) - BigInt(item.refundedUnits), 0n)).toBe(spent);
    }, 240_000);
  });

  describe('what was asked first', () => {
    it('is certified, audited, paid, explained and proved (F1, A4–A7, B5, F5, F6)', async () => {
      const taskId = receiptIdOf(first);
      const paid = await taskWith(network, taskId, (task) => task.paidEpoch !== null);
      expect(paid).toMatchObject({
        verdict: 'pass',
        tokensIn: first.usage?.prompt_tokens,
        tokensOut: first.usage?.completion_tokens,
      });
      const numbers = (await audited(taskId)).flatMap((auditor) => auditor.numbers ?? []);
      // §10.20 Two look at the work of a young miner, each by itself.
      expect(numbers.map(({ finding }) => finding)).toEqual(['checked', 'checked']);
      // verification §6.2: the same engine re-checks an honest answer to the last rounding.
      expect(numbers.every(({ t1Ppb, argmaxMismatches }) => t1Ppb < 10_000 && argmaxMismatches === 0)).toBe(true);
      const price = BigInt(paid.priceUnits);
      expect(price).toBeGreaterThan(0n);

      const epoch = await network.client.getEpoch(paid.paidEpoch ?? -1);
      const revenue = epoch.payouts.filter((payout) => payout.source === 'revenue');
      const paidOut = revenue.reduce((sum, payout) => sum + BigInt(payout.units), 0n);
      expect(BigInt(epoch.revenueUnits)).toBeGreaterThanOrEqual(price);
      expect(paidOut + BigInt(epoch.burnedUnits)).toBe(BigInt(epoch.revenueUnits));

      const miner = await network.client.getMiner(paid.miner);
      const payout = await command('explain', 'payout', miner.operator, String(paid.paidEpoch), '--json');
      expect(payout).toMatchObject({ code: 0 });
      const selection = await command('explain', 'selection', taskId, '--json');
      expect(selection).toMatchObject({ code: 0 });
      expect(JSON.parse(selection.out).result).toMatchObject({ taskId, miner: paid.miner, followsDraw: true });
      const audit = await command('explain', 'audit', taskId);
      expect(audit).toMatchObject({ code: 0 });
      const proof = await command('prove', 'task', taskId, '--json');
      expect(proof).toMatchObject({ code: 0 });
      expect(JSON.parse(proof.out)).toMatchObject({ valid: true, row: { priceUnits: paid.priceUnits } });

      // What a command reads is the same of any node: in many processes only what is sent is tried again.
      for (const line of readmeCommands().filter((each) => !isSplit || each.startsWith('tx '))) {
        const [args = '', redirect] = line.split(' > ');
        const places = {
          TASK: taskId,
          ACCOUNT: miner.operator,
          EPOCH: String(paid.paidEpoch),
          'r.json': readmeReceipt,
          // Its name is only known where its key lies beside the payer's.
          'miner-1': isSplit ? miner.operator : 'miner-1',
        };
        const words = args.split(' ').map((word) => (word in places ? places[word as keyof typeof places] : word));
        const ended = await (words[0] === 'tx' ? assay([...words, ...network.wallet]) : command(...words));
        expect({ line, code: ended.code }).toEqual({ line, code: 0 });
        if (redirect !== undefined) writeFileSync(readmeReceipt, ended.out);
      }

      const file = join(directory.path, 'receipt.json');
      expect(await command('receipt', 'get', taskId, '--out', file)).toMatchObject({ code: 0 });
      const verified = await command('receipt', 'verify', file);
      expect(verified).toMatchObject({ code: 0 });
      const forged = readFileSync(file, 'utf8').replace(/"tokensOut": ?\d+/, '"tokensOut": 9999');
      writeFileSync(file, forged);
      expect(await command('receipt', 'verify', file)).toMatchObject({ code: 10 });
    }, 240_000);
  });

  describe('when all of it ends', () => {
    it('keeps what it acknowledged over kill -9: same root by replay, receipts there (F7)', async () => {
      const taskId = receiptIdOf(await ask('Remember this.'));
      const before = await network.client.getStatus();
      await network.kill();
      network = await network.again();
      // A gateway that began anew knows of no task of another node's mixer until it is certified.
      const task = await eventually(async () => {
        const found = await network.client.getTask(taskId).catch(() => null);
        return found?.status === 'pending' ? null : found;
      });
      expect(task.taskId).toBe(taskId);
      const block = await network.client.getBlock(before.height);
      expect(block.stateRoot).toBe(before.stateRoot);
      const replayed = await command('replay', '--json');
      expect(replayed.code).toBe(0);
      expect(JSON.parse(replayed.out).height).toBeGreaterThanOrEqual(before.height);
      expect((await ask('Still there?')).choices).toHaveLength(1);
    }, 240_000);

    it('ends cleanly at Ctrl-C, in time', async () => {
      // The command itself fails when the network takes longer: three seconds for one process, fifteen for many.
      expect(await network.stop()).toBe(0);
      expect(network.lines.at(-1)).toEqual({ event: 'stopped' });
    });
  });
});
