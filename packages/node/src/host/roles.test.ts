import type { RoleService } from '@assay/roles/context';
import { expect, it } from 'vitest';
import { signerOf } from '../consensus/chain.fixture.ts';
import { LiveAccountKey } from './live-key.ts';
import { Roles } from './roles.ts';

const key = signerOf('oracle');
const signer = new LiveAccountKey({ first: key, onChain: () => key.publicKey, find: () => key });
const without = { kind: 'oracle', signer, committeeSigner: null } as const;

/** Starts once its port is free. */
function serviceOn(port: { isFree: boolean }): RoleService {
  const start = async () => {
    if (!port.isFree) throw new Error('the port is taken');
  };
  return { start, stop: async () => {} };
}

it('a role that cannot start is started again until it runs, and its fault is told once', async () => {
  const lines: string[] = [];
  const port = { isFree: false };
  const roles = new Roles((line) => lines.push(line));
  roles.add({ ...without, name: 'first', service: serviceOn(port) });
  roles.add({ ...without, name: 'second', service: serviceOn({ isFree: true }) });
  const running = () => roles.list().map((role) => role.running);
  await roles.startAll();
  await roles.startAgain();
  expect(running()).toEqual([false, true]);
  expect(lines).toEqual(['first: cannot start: the port is taken']);
  port.isFree = true;
  await roles.set('second', false);
  await roles.startAgain();
  expect(running()).toEqual([true, false]);
  await roles.stopAll();
  await roles.startAgain();
  expect(running()).toEqual([false, false]);
});
