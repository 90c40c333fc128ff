import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { artifactOf, onDisk, startWorld } from './start.fixture.ts';

describe('a prompt', () => {
  it('lies on the disk only encrypted, though auditors still get it', async () => {
    const { dir, storeOf } = await onDisk();
    const net = await startWorld({ miners: 1, storeOf });
    const prompt = 'Who knows what this one asked of its network?';
    const { taskId } = await net.ask({ messages: [{ role: 'user', content: prompt }], maxTokens: 40 });
    await net.until(() => net.task(taskId)?.history.some(({ event }) => event.type === 'taskApproved') === true);
    expect(artifactOf(net, taskId)?.payload.messages[0]?.content).toBe(prompt);
    await net.blocks(2);
    const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
    const holders = files.filter((file) => readFileSync(join(file.parentPath, file.name)).includes(prompt));
    expect([files.length > 3, holders.map(({ name }) => name)]).toEqual([true, []]);
  });
});
