import { devnetParams } from '@assay/node/devnet/genesis';
import { taskStatuses, verdicts } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { startWorld } from './start.fixture.ts';

/** Every task is audited, and auditors have a second and a half to commit. */
const strict = { ...devnetParams.audit, newMinerTasks: 1_000_000, commitBlocks: 15, revealBlocks: 15 };

describe('audits keep up §14.4', () => {
  it('with a storm of one-token requests: nothing is refunded, and no validator misses a turn', async () => {
    const net = await startWorld({ miners: 3, params: { audit: strict } });
    const head = () => net.chain.head();
    const asked: string[] = [];
    const client = async (count: number) => {
      for (let done = 0; done < count; ) {
        const taskId = await net.ask({ maxTokens: 1, seed: asked.length }).then(
          (answer) => answer.taskId,
          (error: { code: string }) => error.code,
        );
        if (taskId === 'TOO_MANY_REQUESTS') await net.blocks(2);
        else {
          asked.push(taskId);
          done++;
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, () => client(50)));
    await net.until(() => asked.every((id) => (net.task(id)?.row.status ?? 0) >= taskStatuses.approved));
    const tasks = asked.map((id) => net.task(id));
    expect(tasks.filter((task) => task?.row.status === taskStatuses.rejected)).toEqual([]);
    expect(tasks.every((task) => task?.audit?.verdict === verdicts.pass)).toBe(true);
    expect([...head().validators].map(({ strikes }) => strikes)).toEqual([...head().validators].map(() => 0));
  }, 120_000);

  it('by refusing work while they do not: §14.5', async () => {
    const audit = { ...strict, openTokensPerValidator: 256, commitBlocks: 1000 };
    const net = await startWorld({ miners: 3, params: { audit } });
    const head = () => net.chain.head();
    const codes: string[] = [];
    const ask = (seed: number) =>
      net.ask({ maxTokens: 1, seed }).then(
        () => codes.push('OK'),
        (error: { code: string; detail: string }) => codes.push(`${error.code}: ${error.detail}`),
      );
    for (let round = 0; !codes.some((code) => code.startsWith('TOO_MANY')); round++) {
      expect(round).toBeLessThan(100);
      await Promise.all(Array.from({ length: 8 }, (_, i) => ask(8 * round + i)));
    }
    expect(codes.find((code) => code !== 'OK')).toContain('wait for their audit');
    await net.until(() => head().openAudits.size === 0 && head().nextDraw === head().tasks.length);
    await ask(100_000);
    expect(codes.at(-1)).toBe('OK');
    const ended = [...head().tasks].map(({ status }) => status);
    expect(ended.filter((status) => status === taskStatuses.rejected)).toEqual([]);
  }, 120_000);
});
