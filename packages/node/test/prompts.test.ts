import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newDirectory } from '../src/store/directory.fixture.ts';
import { SimulatedNetwork } from './simulated/network.ts';

describe('a prompt', () => {
  it('lies on the disk only encrypted, though auditors still get it', async () => {
    const dir = await newDirectory();
    const net = await SimulatedNetwork.start({ miners: 1, dir });
    const prompt = 'Who knows what this one asked of its network?';
    const { taskId } = await net.ask({ messages: [{ role: 'user', content: prompt }], maxTokens: 40 });
    await net.until(() => net.task(taskId)?.history.some(({ event }) => event.type === 'taskApproved') === true);
    expect(net.artifact(taskId)?.payload.messages[0]?.content).toBe(prompt);
    await net.blocks(2);
    const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
    const holders = files.filter((file) => readFileSync(join(file.parentPath, file.name)).includes(prompt));
    expect([files.length > 3, holders.map(({ name }) => name)]).toEqual([true, []]);
    await net.stop();
  }, 60_000);
});
