import { SimulatedRuntime } from '@assay/roles/simulated/runtime';
import { expect, it } from 'vitest';
import { EchoGateway } from '../http/echo-gateway.fixture.ts';
import type { BuiltRoles } from './build-roles.ts';
import { FrontDesk } from './front-desk.ts';
import { Roles } from './roles.ts';

const runtime = new SimulatedRuntime({ seed: 1 });
const nobodyAsks = () => {
  throw new Error('nobody asks');
};

it('says that the chain is still read, then that this node has no gateway', async () => {
  const desk = new FrontDesk(nobodyAsks, runtime);
  expect([desk.list(), desk.isPending('0x00')]).toEqual([[], false]);
  expect(() => desk.models('')).toThrow(expect.objectContaining({ code: 'CATCHING_UP' }));
  await expect(desk.set('miner', false)).rejects.toMatchObject({ code: 'CATCHING_UP' });
  const built: BuiltRoles = {
    roles: new Roles(() => {}),
    gateway: null,
    isPending: (taskId) => taskId === '0x01',
    queues: () => [],
  };
  desk.open(built);
  expect(() => desk.knowsKey('k')).toThrow(expect.objectContaining({ code: 'NO_GATEWAY' }));
  expect([desk.isPending('0x01'), await desk.set('miner', false)]).toEqual([true, null]);
});

it('takes a task whose answer it has given for one that is under way elsewhere, for a while', async () => {
  const desk = new FrontDesk(nobodyAsks, runtime);
  const gateway = new EchoGateway();
  desk.open({ roles: new Roles(() => {}), gateway, isPending: () => false, queues: () => [] });
  const settings = { maxTokens: 1, temperatureMicro: 0, topPMicro: 0, seed: null, stop: [], topLogprobs: null };
  const request = { model: 'echo', messages: [{ role: 'user' as const, content: 'Hello' }], ...settings };
  const { taskId } = await desk.ask(gateway.key, request, new AbortController().signal);
  expect([desk.isPending(taskId.slice(2)), desk.isPending('cd')]).toEqual([true, false]);
  await runtime.pass(200_000);
  expect(desk.isPending(taskId.slice(2))).toBe(false);
});
