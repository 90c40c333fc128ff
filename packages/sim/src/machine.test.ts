import { peerSigner } from '@assay/node/network/peer.fixture';
import type { Chain } from '@assay/roles/ports/chain';
import { SimulatedRuntime } from '@assay/roles/simulated/runtime';
import { describe, expect, it } from 'vitest';
import { Links } from './links.ts';
import { Machine } from './machine.ts';
import { MemoryStore } from './memory-store.ts';
import { World } from './world.ts';

async function chainOf(seed: number): Promise<Chain> {
  const { chain } = await World.open({ seed, miners: 1 });
  return chain;
}

describe('a machine that crashes', () => {
  it('does nothing any more, keeps what it flushed, and gives its name to the next', async () => {
    const runtime = new SimulatedRuntime({ seed: 1 });
    const store = new MemoryStore('none', runtime.sleep);
    const network = new Links(runtime);
    const world = { runtime, network, store };
    const machine = new Machine(world);
    const { chain } = machine.with(await chainOf(1));
    const done: string[] = [];
    await machine.network.join(peerSigner('a'));
    const memory = machine.store.roleStore('mixer-1');
    memory.put('kept', Uint8Array.of(1));
    await runtime.until(memory.flushed());
    memory.put('lost', Uint8Array.of(1));
    machine.runtime.timer(10, () => done.push('timer'));
    void machine.runtime.sleep(10).then(() => done.push('slept'));
    void memory.flushed().then(() => done.push('flushed'));
    void chain.submit(Uint8Array.of(1)).then(() => done.push('submitted'));
    machine.crash();
    memory.put('late', Uint8Array.of(1));
    await runtime.pass(1000);
    expect(done).toEqual([]);
    const next = new Machine(world);
    await next.network.join(peerSigner('a'));
    expect([...next.store.roleStore('mixer-1').entries('')].map(({ key }) => key)).toEqual(['kept']);
    next.runtime.timer(10, () => done.push('timer of the next'));
    await runtime.pass(10);
    expect(done).toEqual(['timer of the next']);
  });
});
