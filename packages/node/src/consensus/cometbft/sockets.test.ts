import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { newDirectory } from '../../store/directory.fixture.ts';
import { makeSockets, removeSockets } from './sockets.ts';

it('sockets of a process that was killed go with its next start, and nothing else does (§18.4)', async () => {
  const home = await newDirectory();
  const killed = await makeSockets(home, true);
  writeFileSync(killed.abci, '');
  const next = await makeSockets(home, false);
  expect([killed, next].map(({ abci }) => existsSync(dirname(abci)))).toEqual([false, true]);
  expect([killed.signer === null, next.signer]).toEqual([false, null]);
  const other = await newDirectory();
  writeFileSync(join(home, 'sockets'), other);
  await removeSockets(await makeSockets(home, false));
  expect(existsSync(other)).toBe(true);
  await removeSockets(next);
});
