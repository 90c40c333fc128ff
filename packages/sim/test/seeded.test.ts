import { names } from '@assay/node/devnet/genesis';
import { toHex } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { Users } from '../src/users.ts';
import { World } from '../src/world.ts';
import { onDisk, startWorld } from './start.fixture.ts';

/** Some time of a world on the disk; a mixer stops on the way. */
async function live(seed: number) {
  const { storeOf } = await onDisk();
  const world = await World.open({ seed, keySeed: 1, miners: 4, plantsOneIn: 4, storeOf });
  await world.start();
  const users = new Users({ world, apiKeys: [world.apiKey], count: 24 });
  await world.pass(5000);
  await world.runtime.until(world.built.roles.set(names.mixer(1), false));
  await world.pass(2000);
  users.leave();
  await world.runtime.until(world.end());
  const root = toHex(world.chain.stateRoot());
  return { root, hash: world.trace.hash, said: world.trace.said, answered: [...users.answeredMs] };
}

describe('production roles in simulated time', () => {
  it('do the same again over a disk from the same seed, to the bit, and other things from another', async () => {
    const first = await live(1);
    expect(first.answered.length).toBeGreaterThan(10);
    expect(await live(1)).toEqual(first);
    expect((await live(2)).hash).not.toBe(first.hash);
  });

  it('do the same again for a test that asks and waits while time passes by itself', async () => {
    const ask = async () => {
      const net = await startWorld({ miners: 2 });
      const asked = await Promise.all([1, 2, 3].map((seed) => net.ask({ seed })));
      await net.until(() => asked.every(({ taskId }) => net.task(taskId)?.row.status === 'approved'));
      await net.end();
      return { hash: net.trace.hash, said: net.trace.said, asked };
    };
    expect(await ask()).toEqual(await ask());
  });
});
