import { useNativeHasher } from '@assay/node/crypto/hasher';
import { names } from '@assay/node/devnet/genesis';
import { expect, it } from 'vitest';
import { nextDoor } from './links.ts';
import { Machines } from './machines.ts';
import { World } from './world.ts';

useNativeHasher();

it('cuts off and breaks what it says', async () => {
  const world = await World.open({ seed: 1, miners: 1, ways: nextDoor });
  const machines = new Machines(world);
  await world.start((role) => machines.begin(role));
  world.live();
  const homeMixer = Number(machines.cut.replace('mixer-', '')) - 1;
  const apiKey = await world.openSession(names.foundation, { homeMixer });
  await world.blocks(3);
  machines.cutOff(machines.cut);
  await world.blocks(10);
  const mixerOf = async () => {
    const { taskId } = await world.ask({}, apiKey);
    await world.until(() => world.task(taskId) !== null);
    return world.task(taskId)?.row.mixer;
  };
  expect(await mixerOf()).not.toBe(homeMixer);
  machines.heal(machines.cut);
  await world.blocks(6);
  expect(await mixerOf()).toBe(homeMixer);
  const broken = world.ask({ maxTokens: 400 }, apiKey);
  await world.runtime.sleep(500);
  machines.breakStreams(names.gateway, machines.cut);
  await expect(broken).rejects.toMatchObject({ code: 'NO_MIXER' });
  await world.end();
});
