import { join } from 'node:path';
import type { Miner, TaskDetail } from '@assay/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assay, eventually, RunningNetwork, receiptIdOf, taskWith, temporaryDirectory } from './network.ts';

const directory = temporaryDirectory();
let network: RunningNetwork;

beforeAll(async () => {
  network = await RunningNetwork.start({ dataDir: join(directory.path, 'net'), args: ['--adversary', 'requantised'] });
});

afterAll(async () => {
  await network.kill();
  directory.remove();
});

const isDecided = (task: TaskDetail) => ['approved', 'rejected', 'settled'].includes(task.status);

interface Case {
  readonly case: number;
  readonly cause: string;
  readonly subject: string;
}

const command = (...words: string[]) => assay([...words, '--data', network.dataDir]);

/** An API key whose prompts go to this miner: the draw would give it others, or fewer once challenges have held it. */
async function keyOfSessionWith(miner: number): Promise<string> {
  const session = {
    'session-key': 'payer',
    domain: 0,
    model: 0,
    'home-mixer': 0,
    deposit: 1,
    'max-task': 0.1,
    'expiry-height': 100_000,
    redundancy: 1,
    'is-background': 'no',
    'dedicated-miners': miner,
  };
  const options = Object.entries(session).flatMap(([name, value]) => [`--${name}`, String(value)]);
  expect(await command('tx', 'openSession', ...options)).toMatchObject({ code: 0 });
  const issued = await command('api-key', 'new', '1', '--json');
  return JSON.parse(issued.out).apiKey;
}

describe('a miner that serves the same weights cut to 4 bits', () => {
  it('is caught within a few tasks, refunded and not paid; the honest two are untouched (F10, B6)', async () => {
    const cheater = 0;
    const asked = { model: (await network.openai.models.list()).data[0]?.id ?? '', max_tokens: 48 };
    const prompt = { ...asked, messages: [{ role: 'user' as const, content: 'Explain how bread is made.' }] };
    const dedicated = network.openaiWith(await keyOfSessionWith(cheater));
    const answers = [dedicated, network.openai, dedicated, network.openai].map(({ chat }, index) =>
      chat.completions.create({ ...prompt, seed: index }),
    );
    const tasks = await Promise.all(
      answers.map(async (answer) => taskWith(network, receiptIdOf(await answer), isDecided)),
    );
    const wrong = tasks.filter((task) => task.miner === cheater);
    expect(wrong.length).toBeGreaterThanOrEqual(2);
    for (const task of tasks) {
      const isHonest = task.miner !== cheater;
      expect(isHonest ? ['pass'] : ['soft', 'hard']).toContain(task.verdict);
      expect(task.refundedUnits).toBe(isHonest ? '0' : task.priceUnits);
    }

    const fallen = await eventually(async () => {
      const miner = await network.client.getMiner(cheater);
      return miner.epochFailed === 0 && miner.failedMicro > 0 ? miner : null;
    });
    const honest = (await network.client.getMiners()).items.filter((miner) => miner.index !== cheater);
    expect(honest.every((miner) => miner.rejected === 0)).toBe(true);
    const trusted = honest.filter((miner) => miner.passedMicro > 0);
    expect(trusted.every((miner) => miner.trustPpb > fallen.trustPpb)).toBe(true);
    // §8.7 A challenge it failed is in its record too.
    expect(fallen.rejected).toBeGreaterThanOrEqual(wrong.length);

    const isMeasured = ({ measured }: Miner) => measured.bandwidth !== null && measured.latencyMs !== null;
    const measured = await eventually(async () => {
      const miners = (await network.client.getMiners()).items.filter(({ index }) => index !== cheater);
      return miners.every(isMeasured) ? miners : null;
    });
    expect(measured.flatMap((miner) => miner.measured.reports).length).toBeGreaterThan(0);
    expect(measured.map((miner) => miner.measured.failed)).toEqual(measured.map(() => 0));

    const { epoch } = await network.client.getStatus();
    for (let closed = 0; closed < epoch; closed++) {
      const { payouts } = await network.client.getEpoch(closed);
      // Neither for its work nor for capacity (economics §7.1).
      expect(payouts.filter(({ kind, role }) => kind === 'miner' && role === cheater)).toEqual([]);
    }

    const [first] = wrong;
    const explained = await command('explain', 'audit', first?.taskId ?? '');
    expect(explained).toMatchObject({ code: 0 });
    expect(explained.out).toContain('refunded');
    const cases = JSON.parse((await command('case', 'list', '--json')).out).cases as Case[];
    const about = cases.find(({ cause, subject }) => cause === 'hardFailure' && subject === first?.taskId)?.case;
    expect((await command('status')).out).toMatch(/The foundation has to decide, .* is here:\n {2}Case \d+ /);
    expect(await command('case', 'decide', String(about), '--fine')).toMatchObject({ code: 0 });
    const slash = await command('explain', 'slash', String(about), '--json');
    expect(slash).toMatchObject({ code: 0 });
    // The price · 0.6 · 1.5 ÷ (0.02 · 0.95), far below a tenth of the collateral.
    const fineUnits = (BigInt(first?.priceUnits ?? 0) * 900n) / 19n;
    expect(JSON.parse(slash.out).result).toMatchObject({
      against: `miner ${cheater}`,
      subject: first?.taskId,
      status: 'executed',
      heldUnits: String(fineUnits),
      recomputedHeldUnits: String(fineUnits),
    });
    const status = network.lines.filter((line) => line.event === 'status').at(-1);
    expect(status?.attackers).toMatchObject({ name: 'requantised', role: 'miner', members: [cheater] });
    expect((status?.attackers as { rejectedTasks: number } | undefined)?.rejectedTasks).toBeGreaterThanOrEqual(
      wrong.length,
    );
  }, 240_000);
});
