import { join } from 'node:path';
import type { Miner, TaskDetail } from '@assay/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assay, eventually, RunningNetwork, receiptIdOf, taskWith, temporaryDirectory } from './network.ts';

const directory = temporaryDirectory();
let network: RunningNetwork;

beforeAll(async () => {
  network = await RunningNetwork.start({ dataDir: join(directory.path, 'net'), args: ['--cheater'] });
});

afterAll(async () => {
  await network.end('SIGKILL');
  directory.remove();
});

const isDecided = (task: TaskDetail) => ['approved', 'rejected', 'settled'].includes(task.status);

describe('a miner that serves the same weights cut to 4 bits', () => {
  it('is caught within a few tasks, refunded and not paid; the honest two are untouched (F10, B6)', async () => {
    const cheater = 2;
    const tasks: TaskDetail[] = [];
    const caught = () => tasks.filter((task) => task.miner === cheater).length;
    for (let seed = 1; caught() < 2; seed++) {
      const answer = await network.openai.chat.completions.create({
        model: (await network.openai.models.list()).data[0]?.id ?? '',
        messages: [{ role: 'user', content: 'Explain how bread is made.' }],
        max_tokens: 48,
        seed,
      });
      tasks.push(await taskWith(network, receiptIdOf(answer), isDecided));
    }
    for (const task of tasks) {
      const isHonest = task.miner !== cheater;
      expect(isHonest ? ['pass'] : ['soft', 'hard']).toContain(task.verdict);
      expect(task.refundedUnits).toBe(isHonest ? '0' : task.priceUnits);
    }

    const fallen = await eventually(async () => {
      const miner = await network.client.getMiner(cheater);
      return miner.epochFailed === 0 && miner.failedMicro > 0 ? miner : null;
    });
    const { items } = await network.client.getMiners();
    const honest = items.filter((miner) => miner.index !== cheater);
    expect(honest.every((miner) => miner.rejected === 0)).toBe(true);
    const trusted = honest.filter((miner) => miner.passedMicro > 0);
    expect(trusted.every((miner) => miner.trustPpb > fallen.trustPpb)).toBe(true);
    // §8.7 A challenge it failed is in its record too.
    expect(fallen.rejected).toBeGreaterThanOrEqual(caught());

    const isMeasured = ({ measured }: Miner) => measured.bandwidth !== null && measured.latencyMs !== null;
    const measured = await eventually(async () => {
      const miners = (await network.client.getMiners()).items.filter(({ index }) => index !== cheater);
      return miners.every(isMeasured) ? miners : null;
    });
    const reports = measured.flatMap((miner) => miner.measured.reports);
    expect(reports.length).toBeGreaterThan(0);
    expect(reports.every(({ disputed }) => disputed === 0)).toBe(true);

    const { epoch } = await network.client.getStatus();
    for (let closed = 0; closed < epoch; closed++) {
      const { payouts } = await network.client.getEpoch(closed);
      expect(payouts.filter((payout) => payout.stack === 'miners' && payout.role === cheater)).toEqual([]);
    }

    const wrong = tasks.find((task) => task.miner === cheater);
    const explained = await assay(['explain', 'audit', wrong?.taskId ?? '', '--data', network.dataDir]);
    expect(explained).toMatchObject({ code: 0 });
    expect(explained.out).toContain('refunded');
    const [first] = tasks.filter((task) => task.miner === cheater);
    const command = (...words: string[]) => assay([...words, '--json', '--data', network.dataDir]);
    expect(await command('tx', 'decideCase', '--case', '0', '--is-fine', 'yes', '--from', 'foundation')).toMatchObject({
      code: 0,
    });
    const slash = await command('explain', 'slash', '0');
    expect(slash).toMatchObject({ code: 0 });
    // The price · 0.6 · 1.5 ÷ (0.02 · 0.95), far below a tenth of the collateral.
    const fineUnits = (BigInt(first?.priceUnits ?? 0) * 900n) / 19n;
    expect(JSON.parse(slash.out).result).toMatchObject({
      ...{ against: `miner ${cheater}`, subject: first?.taskId, status: 'executed' },
      ...{ heldUnits: String(fineUnits), recomputedHeldUnits: String(fineUnits) },
    });
    const status = network.lines.filter((line) => line.event === 'status').at(-1);
    expect(status?.cheater).toMatchObject({ miner: cheater });
    expect((status?.cheater as { rejectedTasks: number } | undefined)?.rejectedTasks).toBeGreaterThanOrEqual(caught());
  }, 240_000);
});
