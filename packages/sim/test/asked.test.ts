import { detailOf, MinerToMixer } from '@assay/protocol';
import { protocols } from '@assay/roles/context';
import { describe, expect, it } from 'vitest';
import { startWorld } from './start.fixture.ts';

describe('a task whose miners are all busy §5.4', () => {
  it('asks the first 64 of its draw and no more', async () => {
    const miners = 70;
    const net = await startWorld({ miners });
    const asked = new Set<number>();
    for (let miner = 0; miner < miners; miner++) {
      net.network.find(net.minerPeer(miner))?.handle(protocols.serve, async (stream) => {
        await stream.messages.next();
        asked.add(miner);
        await stream.send(
          MinerToMixer.serialize({ kind: 'prepared', value: { accepted: false, reason: detailOf('busy') } }),
        );
        stream.close();
      });
    }
    await expect(net.ask()).rejects.toMatchObject({ code: 'NO_MINER', detail: '64 eligible miners were asked.' });
    expect(asked.size).toBe(64);
  });
});
