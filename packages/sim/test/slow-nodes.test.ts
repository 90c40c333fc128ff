import { transferOf } from '@assay/node/consensus/chain.fixture';
import { chainProtocols } from '@assay/node/consensus/follow/wire';
import { peerSigner } from '@assay/node/network/peer.fixture';
import { BlocksRequest, Parcel, sealedBlockBytes, TransactionAnswer } from '@assay/protocol';
import type { Endpoint, MessageStream, PeerId } from '@assay/roles/ports/network';
import { describe, expect, it } from 'vitest';
import { Following } from './following.fixture.ts';

/** So late comes each message of a node that does not want to be called silent. */
const lateMs = 4500;

/** A node that has every block and gives each of its pieces late. */
async function drippingNode(net: Following, lateMs: number, name = 'dripping'): Promise<PeerId> {
  const peer = await net.node(name);
  net.network.find(peer)?.handle(chainProtocols.blocks, async (stream) => {
    const { value } = await stream.messages.next();
    const { fromHeight, count } = BlocksRequest.deserialize(value);
    for (let height = fromHeight; height < fromHeight + count; height++) {
      const [block, seal] = [net.store.blockAt(height), net.store.sealAt(height)];
      if (block === null || seal === null) break;
      const bytes = sealedBlockBytes(block, seal);
      for (const message of [Parcel.serialize({ bytes: bytes.length, isToVerify: false }), bytes]) {
        await net.runtime.sleep(lateMs);
        await stream.send(message);
      }
    }
    stream.close();
  });
  return peer;
}

/** Whether a stream is broken from the other side; false when it says anything, or nothing for a moment. */
async function isBroken(net: Following, stream: MessageStream): Promise<boolean> {
  let broken = false;
  stream.messages.next().catch(() => {
    broken = true;
  });
  await net.runtime.pass(100);
  return broken;
}

const open = (net: Following, from: Endpoint, to: PeerId, protocol: keyof typeof chainProtocols) =>
  net.runtime.until(from.open(to, chainProtocols[protocol]));

describe('who is slow on purpose §19.2', () => {
  it.each([
    ['nothing in time', lateMs],
    ['one block in time', 1400],
  ])('does not keep a follower behind: %s, and the next node is asked', async (_, eachMs) => {
    const net = await Following.open();
    const peers = [await drippingNode(net, eachMs), await net.node('honest')];
    const follower = await net.follower({ peers: () => peers });
    net.make();
    const behind: number[] = [];
    for (let second = 0; second < 180; second++) {
      await net.runtime.pass(1000);
      behind.push(follower.engine.lag().blocks);
    }
    expect(Math.max(...behind)).toBeLessThan(20);
    expect(net.isSame(follower) || follower.engine.lag().blocks < 10).toBe(true);
  });

  it('is asked again for the rest where nobody is faster: it may be the follower that is busy', async () => {
    const net = await Following.open();
    const peers = [await drippingNode(net, 1400, 'a'), await drippingNode(net, 1400, 'b')];
    await net.blocks(20);
    const follower = await net.follower({ peers: () => peers });
    await net.runtime.pass(70_000);
    expect([follower.store.height, net.isSame(follower)]).toEqual([20, true]);
  });

  it('does not hold a follower’s transactions by answering each of them late', async () => {
    const net = await Following.open();
    const [alice, bob] = net.chain.accounts as [(typeof net.chain.accounts)[0], (typeof net.chain.accounts)[0]];
    const slow = await net.node('slow');
    net.network.find(slow)?.handle(chainProtocols.transactions, async (stream) => {
      while ((await stream.messages.next()).done !== true) {
        await net.runtime.sleep(lateMs);
        const { height } = net.application.head().globals;
        await stream.send(TransactionAnswer.serialize({ code: 'OK', height: height + 1 }));
      }
      stream.close();
    });
    const both = [slow, await net.node('honest')];
    let peers: PeerId[] = [];
    const follower = await net.follower({ peers: () => peers });
    net.make();
    const pay = (nonce: number) => transferOf(net.chain, { from: alice, to: bob.address, nonce });
    const included = Array.from({ length: 100 }, (_, nonce) => follower.engine.chain.submit(pay(nonce)));
    await net.runtime.pass(3000);
    peers = both;
    let done = 0;
    for (const each of included) each.then(() => done++).catch(() => {});
    await net.runtime.pass(15_000);
    expect(done).toBe(100);
  });

  it('keeps no stream of a node without bringing transactions and taking answers', async () => {
    const net = await Following.open();
    const node = await net.node('a');
    const asker = await net.network.join(peerSigner('asker'));
    const silent = await open(net, asker, node, 'transactions');
    await silent.send(new Uint8Array(9));
    expect((await net.runtime.until(silent.messages.next())).done).toBe(false);
    const deaf = await open(net, asker, node, 'transactions');
    const flood = async () => {
      for (;;) await deaf.send(new Uint8Array(9));
    };
    const flooded = flood().then(
      () => 'goes on',
      () => 'broken',
    );
    await net.runtime.pass(20_000);
    expect(await Promise.race([flooded, Promise.resolve('waits')])).toBe('broken');
    expect(await isBroken(net, silent)).toBe(true);
  });
});
