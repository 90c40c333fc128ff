import { devnetParams } from '@assay/node/devnet/genesis';
import { protocols } from '@assay/roles/context';
import type { Runtime } from '@assay/roles/ports/runtime';
import { describe, expect, it } from 'vitest';
import { SimulatedModel } from '../src/simulated-model.ts';
import type { Heard } from '../src/spy.ts';
import { startWorld } from './start.fixture.ts';

describe('a miner that is slow to reach', () => {
  it('holds up nothing: the task goes to another, and it is not offered what it lost', async () => {
    const deadlines = { ...devnetParams.deadlines, prepareMs: 100, oracleSlotMs: 100 };
    const modelOf = (_: number, runtime: Runtime) => new SimulatedModel('registered', () => runtime.sleep(50));
    const net = await startWorld({ miners: 2, params: { deadlines }, modelOf });
    const heard: Heard[] = [];
    net.network.spy.onHeard((each) => heard.push(each));
    const [slow, quick] = [net.minerPeer(0), net.minerPeer(1)];
    for (const mixer of [0, 1, 2, 3]) net.network.lengthen(net.mixerPeer(mixer), slow, 2 * deadlines.prepareMs);
    const asked: string[] = [];
    // When the slow one is reached, the task of one token is over, and that of eight is another's.
    for (let seed = 0; seed < 8; seed++) asked.push((await net.ask({ seed, maxTokens: seed < 4 ? 1 : 8 })).taskId);
    await net.until(() => asked.every((taskId) => net.task(taskId) !== null));
    // Some of them were drawn for the slow one.
    for (const part of [asked.slice(0, 4), asked.slice(4)]) {
      expect(new Set(part.map((taskId) => net.task(taskId)?.receipt.rank))).toEqual(new Set([0, 1]));
    }
    await net.blocks(20);
    const offered = heard.filter(({ protocol }) => protocol === protocols.serve).map(({ to }) => to);
    expect(new Set(offered)).toEqual(new Set([quick]));
  });
});
