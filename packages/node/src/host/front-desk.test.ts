import { expect, it } from 'vitest';
import type { BuiltRoles } from './build-roles.ts';
import { FrontDesk } from './front-desk.ts';
import { Roles } from './roles.ts';

it('says that the chain is still read, then that this node has no gateway', async () => {
  const desk = new FrontDesk(() => {
    throw new Error('nobody asks');
  });
  expect([desk.list(), desk.isPending('0x00')]).toEqual([[], false]);
  expect(() => desk.models()).toThrow(expect.objectContaining({ code: 'CATCHING_UP' }));
  await expect(desk.set('miner', false)).rejects.toMatchObject({ code: 'CATCHING_UP' });
  const built: BuiltRoles = { roles: new Roles(() => {}), gateway: null, isPending: (taskId) => taskId === '0x01' };
  desk.open(built);
  expect(() => desk.knowsKey('k')).toThrow(expect.objectContaining({ code: 'NO_GATEWAY' }));
  expect([desk.isPending('0x01'), await desk.set('miner', false)]).toEqual([true, null]);
});
