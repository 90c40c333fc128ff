import { headerRoot } from '@assay/ledger';
import { transferOf } from '@assay/node/consensus/chain.fixture';
import { Block, headerOf } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../src/memory-store.ts';
import { Following } from './following.fixture.ts';

/** Where the snapshot is. */
const at = 7;

/** A chain of twelve blocks whose seventh ended an epoch, and left a snapshot. */
async function withSnapshot() {
  const net = await Following.open();
  const [alice, bob] = net.chain.accounts as [(typeof net.chain.accounts)[0], (typeof net.chain.accounts)[0]];
  for (let nonce = 0; nonce < 12; nonce++) {
    await net.block([transferOf(net.chain, { from: alice, to: bob.address, nonce })]);
  }
  expect(net.store.snapshotHeights()).toEqual([at]);
  return { net, trusted: { height: at, headerRoot: headerRoot(headerOf(net.store.blockAt(at) ?? new Uint8Array())) } };
}

const flipped = (bytes: Uint8Array | null, at: number): Uint8Array => {
  const changed = Uint8Array.from(bytes ?? []);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
};

describe('a chain that begins with a trusted block §19.5', () => {
  it('has its state from there, follows, and goes on there after a restart', async () => {
    const { net, trusted } = await withSnapshot();
    const peer = await net.node('a');
    const follower = await net.follower({ peers: () => [peer], trusted });
    await net.reaches(follower, 12);
    expect([follower.store.base, net.isSame(follower)]).toEqual([at, true]);
    expect(follower.engine.chain.stateRoot()).toEqual(net.application.stateRoot());
    expect([follower.store.blockAt(at), follower.store.sealAt(at)]).toEqual([
      net.store.blockAt(at),
      net.store.sealAt(at),
    ]);
    expect(follower.store.blockAt(at - 1)).toBeNull();
    await follower.close();
    await net.blocks(3);
    const again = await net.follower({ peers: () => [peer], trusted, store: follower.store });
    await net.reaches(again, 15);
    expect(again.engine.chain.stateRoot()).toEqual(net.application.stateRoot());
  });

  it.each([
    ['another block', { blockAt: at - 1, byte: 0 }, /sent header .* as that of height 7/],
    ['another header', { blockAt: at, byte: 8 }, /sent header/],
    ['other transactions', { blockAt: at, byte: -1 }, /sent other transactions/],
    ['another state', { state: 200 }, /sent (bytes that are no|another) state/],
  ] as const)('takes %s from nobody, and asks the next', async (_name, lie, reason) => {
    const { net, trusted } = await withSnapshot();
    const liar = await net.node('liar', {
      blockAt: (height) => {
        if (!('blockAt' in lie) || height !== at) return net.store.blockAt(height);
        const bytes = net.store.blockAt(lie.blockAt);
        if (lie.blockAt < at) return bytes;
        if (lie.byte >= 0) return flipped(bytes, lie.byte);
        const { header } = Block.deserialize(bytes ?? new Uint8Array());
        return Block.serialize({ header, transactions: [] });
      },
      snapshotAt: (height) =>
        'state' in lie ? flipped(net.store.snapshotAt(height), lie.state) : net.store.snapshotAt(height),
    });
    const peers = [liar, await net.node('a')];
    const follower = await net.follower({ peers: () => peers, trusted });
    expect(net.lines.find((line) => line.includes(liar))).toMatch(reason);
    await net.reaches(follower, 12);
    expect(net.isSame(follower)).toBe(true);
  });

  it('does not begin when nobody has the state, and says so', async () => {
    const { net, trusted } = await withSnapshot();
    const peer = await net.node('a', { snapshotAt: () => null });
    const store = new MemoryStore('nowhere', net.runtime.sleep);
    await expect(net.follower({ peers: () => [peer], trusted, store })).rejects.toMatchObject({
      code: 'SNAPSHOT_UNAVAILABLE',
    });
    expect(store.height).toBe(0);
    expect(net.lines.at(-1)).toMatch(/round 20 of 20/);
  });

  it('keeps no seal whose signatures do not hold', async () => {
    const { net, trusted } = await withSnapshot();
    const peer = await net.node('a', { sealAt: (height) => net.store.sealAt(height === at ? at - 1 : height) });
    const follower = await net.follower({ peers: () => [peer], trusted });
    await net.reaches(follower, 12);
    expect([follower.store.sealAt(at), net.isSame(follower)]).toEqual([null, true]);
  });
});
