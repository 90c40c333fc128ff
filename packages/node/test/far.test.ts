import { describe, expect, it } from 'vitest';
import { devnetParams } from '../src/devnet/genesis.ts';
import type { Endpoint, PeerId } from '../src/network/port.ts';
import { protocols } from '../src/roles/context.ts';
import { realRuntime } from '../src/runtime/real.ts';
import { type Heard, SpyNetwork } from './simulated/spy.ts';
import { startNetwork } from './simulated/start.ts';

/** A network in which it takes time to reach a miner. */
class FarNetwork extends SpyNetwork {
  /** Resolves when the peer may be reached. */
  way: (miner: PeerId) => Promise<void> = async () => {};

  override async join(id: PeerId): Promise<Endpoint> {
    const endpoint = await super.join(id);
    const open: Endpoint['open'] = async (peer, protocol) => {
      if (protocol === protocols.serve) await this.way(peer);
      return endpoint.open(peer, protocol);
    };
    return { ...endpoint, open };
  }
}

describe('a miner that is slow to reach', () => {
  it('holds up nothing: the task goes to another, and it is not offered what it lost', async () => {
    const network = new FarNetwork(realRuntime(() => {}));
    const deadlines = { ...devnetParams.deadlines, prepareMs: 100, oracleSlotMs: 100 };
    const net = await startNetwork({ miners: 2, network, params: { deadlines } });
    const heard: Heard[] = [];
    network.onHeard((each) => heard.push(each));
    const open = Promise.withResolvers<void>();
    let slow = '';
    network.way = async (miner) => {
      slow ||= miner;
      if (miner === slow) await open.promise;
    };
    expect((await net.ask()).text).toHaveLength(8);
    open.resolve();
    await net.blocks(2);
    const offered = heard.filter(({ protocol }) => protocol === protocols.serve).map(({ to }) => to);
    expect(new Set(offered).size).toBe(1);
    expect(offered).not.toContain(slow);
  });
});
