import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { freeFirstPort } from './free-ports.ts';

it('passes over a range in which a port is taken', async () => {
  const from = await freeFirstPort(21_000, 20);
  const holder = createServer().listen(from + 7, '127.0.0.1');
  await once(holder, 'listening');
  onTestFinished(() => {
    holder.close();
  });
  expect(await freeFirstPort(from, 20)).toBeGreaterThanOrEqual(from + 1000);
  expect(await freeFirstPort(from, 5)).toBe(from);
  await expect(freeFirstPort(from, 60_000)).rejects.toMatchObject({ code: 'CANNOT_LISTEN' });
});
