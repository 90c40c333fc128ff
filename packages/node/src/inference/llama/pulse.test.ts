import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { watchPulse } from './pulse.ts';

/** Answers one beat, says nothing while it loads, for longer than a running process may, and is then ready. */
const slowStart = `process.once('message', () => {
  process.send({ type: 'pong' }, () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 9000);
    process.send({ type: 'ready' }, () => process.disconnect());
  });
});`;

it('lets a process be silent while it loads llama.cpp, though it answered before', async () => {
  const child = spawn(process.execPath, ['-e', slowStart], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const said: string[] = [];
  child.on('message', ({ type }: { type: string }) => said.push(type));
  watchPulse(child);
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(said).toEqual(['pong', 'ready']);
}, 30_000);
