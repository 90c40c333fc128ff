import { BatchOffer, BatchReply } from '@assay/protocol';
import { protocols } from '@assay/roles/context';
import { receive } from '@assay/roles/ports/wire';
import { describe, expect, it } from 'vitest';
import { SimulatedModel } from '../src/simulated-model.ts';
import { endpointOf, startWorld } from './start.fixture.ts';

describe('an answer that was heard whole (§15.20)', () => {
  it('is certified when mixers heard so late of it that they believe no times: with those that they sign', async () => {
    const lateMs = 3000;
    let hold = () => {};
    const modelOf = () => new SimulatedModel('registered', async (step) => void (step === 0 && hold()));
    const net = await startWorld({ miners: 1, modelOf });
    const lengthen = (ms: number) => {
      for (const late of [1, 2]) net.network.lengthen(net.mixerPeer(0), net.mixerPeer(late), ms);
    };
    // What their own machines did not hear in time, and so every word after it.
    hold = () => {
      hold = () => {};
      lengthen(lateMs);
    };
    const { taskId } = await net.ask();
    lengthen(-lateMs);
    await net.until(() => net.task(taskId) !== null);
    const { firstTokenMs = 0, totalMs = 0 } = net.task(taskId)?.receipt ?? {};
    expect(firstTokenMs).toBeGreaterThan(lateMs / 4);
    expect(firstTokenMs).toBeLessThan(lateMs);
    expect(totalMs).toBeGreaterThanOrEqual(firstTokenMs);
    expect(net.trace.said.filter((line) => line.includes('offered again'))).not.toEqual([]);
  });

  it('is certified though a liar always names a little more time: what it named it has to sign', async () => {
    const lateMs = 3000;
    let hold = () => {};
    const modelOf = () => new SimulatedModel('registered', async (step) => void (step === 0 && hold()));
    const net = await startWorld({ miners: 1, modelOf });
    const lengthen = (ms: number) => net.network.lengthen(net.mixerPeer(0), net.mixerPeer(1), ms);
    hold = () => {
      hold = () => {};
      lengthen(lateMs);
    };
    endpointOf(net, 3).handle(protocols.batch, async (stream) => {
      const { attestations } = (await receive(stream, BatchOffer)) ?? BatchOffer.defaultValue();
      const slower = attestations.flatMap(({ kind, value }, index) => {
        if (kind !== 'receipt') return [];
        const { firstTokenMs, totalMs } = value.receipt;
        return [{ index, firstTokenMs: firstTokenMs + 1, totalMs: totalMs + 1 }];
      });
      const invalid = slower.map(({ index }) => index);
      await stream.send(BatchReply.serialize({ kind: 'refusal', value: { mixer: 3, invalid, slower, reason: '' } }));
      stream.close();
    });
    const { taskId } = await net.ask();
    lengthen(-lateMs);
    await net.blocks(40);
    expect(net.task(taskId)?.receipt.firstTokenMs).toBeLessThan(lateMs);
  });
});
