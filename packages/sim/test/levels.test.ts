import { names } from '@assay/node/devnet/genesis';
import { testNewcomers } from '@assay/node/devnet/newcomers';
import { AssayError } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { attackBy } from '../src/adversaries/in-world.ts';
import { smallerModel } from '../src/adversaries/miner/smaller-model.ts';
import type { World } from '../src/world.ts';
import { codeOf, startWorld } from './start.fixture.ts';

/** Two passed audits in a row make a level, and users get miners from the first on. */
const tested = {
  epochBlocks: 32,
  levels: { streak: 2, minRatePpb: 900_000_000, userLevel: 1, factorFloorPpb: 1_000_000_000 },
};

const levelsOf = (net: World) => [...net.chain.head().miners].map(({ level }) => level);
const ownSession = (net: World) => net.openSession(names.foundation, { isBackground: true, depositUnits: 0n });

/** Has the network test its new miners by itself. */
const testBy = ({ chain, runtime, gateway }: World, apiKey: string) =>
  testNewcomers({ chain, runtime, chat: gateway, apiKey });

describe('a network whose users get miners from a level on (§4.12.1)', () => {
  it('tests all miners, whatever room it has for tasks of its own, and then gives them users', async () => {
    const net = await startWorld({ miners: 2, params: tested });
    const refused: unknown = await net.ask().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(AssayError);
    expect(refused).toMatchObject({
      code: 'NO_MINER',
      detail: "None has passed the network's tests: 2 miners stand below level 1, from which users get miners.",
    });
    const own = await ownSession(net);
    const escrow = net.chain.head().sessions.at(net.session).escrowUnits;
    testBy(net, own);
    await net.until(() => levelsOf(net).every((level) => level >= 1));
    const tests = [...net.chain.head().tasks].map(({ kind, priceUnits }) => `${kind} ${priceUnits}`);
    expect(new Set(tests)).toEqual(new Set(['challenge 0']));
    expect(net.chain.head().sessions.at(net.session).escrowUnits).toBe(escrow);
    const { taskId } = await net.ask();
    await net.until(() => net.isDecided(taskId));
    expect(net.task(taskId)?.row).toMatchObject({ status: 'approved', kind: 'user' });
    // Nobody is left to test, and there is no room for other tasks of its own.
    expect(await codeOf(net.ask({}, own))).toBe('TOO_MANY_REQUESTS');
  });

  it('lets no miner that fails its tests see users, or keep another from them', async () => {
    const net = await startWorld({ miners: 2, params: tested, attack: attackBy(smallerModel, 0) });
    testBy(net, await ownSession(net));
    await net.until(() => (levelsOf(net)[1] ?? 0) >= 1);
    expect(levelsOf(net)[0]).toBe(0);
    for (let seed = 0; seed < 3; seed++) {
      const { taskId } = await net.ask({ seed });
      await net.until(() => net.isDecided(taskId));
      expect(net.task(taskId)?.row).toMatchObject({ status: 'approved', miner: 1 });
    }
  });
});
