import { chainProtocols, headTopic } from '@assay/node/consensus/follow/wire';
import { peerSigner } from '@assay/node/network/peer.fixture';
import { BlocksRequest, ChainHead, ChainStatus, Parcel, sealedBlockBytes } from '@assay/protocol';
import type { MessageStream, PeerId } from '@assay/roles/ports/network';
import { describe, expect, it } from 'vitest';
import { type Follower, Following } from './following.fixture.ts';

const headerRoot = new Uint8Array(32);

/** The share of so many seconds, of which the first few do not count, in which a follower is current. */
async function currentShare(net: Following, { engine }: Follower, seconds: number): Promise<number> {
  await net.runtime.pass(5000);
  let times = 0;
  for (let i = 0; i < 10 * seconds; i++) {
    await net.runtime.pass(100);
    if (engine.chain.isCurrent()) times += 1;
  }
  return times / (10 * seconds);
}

/** A node that says what a test wants of how far it is. */
async function nodeThatSays(net: Following, status: () => Pick<ChainStatus, 'base' | 'height'>): Promise<PeerId> {
  const peer = await net.node('liar');
  net.network.find(peer)?.handle(chainProtocols.status, async (stream) => {
    await stream.messages.next();
    await stream.send(ChainStatus.serialize({ ...status(), headerRoot, isCurrent: true }));
    stream.close();
  });
  return peer;
}

/** Sends the block of a height, each of its messages so late; false where it is not there. */
async function send(net: Following, stream: MessageStream, height: number, lateMs = 0): Promise<boolean> {
  const [block, seal] = [net.store.blockAt(height), net.store.sealAt(height)];
  if (block === null || seal === null) return false;
  const bytes = sealedBlockBytes(block, seal);
  for (const message of [Parcel.serialize({ bytes: bytes.length, isToVerify: false }), bytes]) {
    await net.runtime.sleep(lateMs);
    await stream.send(message);
  }
  return true;
}

/** What a node does when it is asked for blocks from a height on. */
function answers(net: Following, peer: PeerId, give: (stream: MessageStream, height: number) => Promise<void>): void {
  net.network.find(peer)?.handle(chainProtocols.blocks, async (stream) => {
    const { value } = await stream.messages.next();
    await give(stream, BlocksRequest.deserialize(value).fromHeight);
    stream.close();
  });
}

/** Gives the next block as soon as there is one, after so long at least, and nothing more. */
function givesOne(net: Following, peer: PeerId, leastMs: number): void {
  answers(net, peer, async (stream, height) => {
    await net.runtime.sleep(leastMs);
    for (let i = 0; i < 100 && !(await send(net, stream, height)); i++) await net.runtime.sleep(20);
    await net.runtime.sleep(10_000);
  });
}

describe('what one of those that are followed says of its height (§19.3)', () => {
  it('counts for nothing where it could not be asked for it', async () => {
    const net = await Following.open();
    await net.blocks(8);
    const liar = await nodeThatSays(net, () => ({ base: 2 ** 40, height: 2 ** 41 }));
    const peers = [liar, await net.node('honest')];
    const follower = await net.follower({ peers: () => peers });
    net.make();
    expect(await currentShare(net, follower, 30)).toBeGreaterThan(0.95);
  });

  it.each([0, 2600])('counts for little where it gives one block of a hundred, after %d ms', async (leastMs) => {
    const net = await Following.open();
    await net.blocks(8);
    const liar = await nodeThatSays(net, () => ({ base: 0, height: net.store.height + 100 }));
    givesOne(net, liar, leastMs);
    const peers = [liar, await net.node('honest')];
    const follower = await net.follower({ peers: () => peers });
    net.make();
    expect(await currentShare(net, follower, 120)).toBeGreaterThan(0.8);
  });

  it('counts for nothing after it was a lie, whatever blocks it gives in between', async () => {
    const net = await Following.open();
    await net.blocks(8);
    const liar = await net.node('liar');
    const serve = (isLying: boolean) =>
      answers(net, liar, async (stream, height) => {
        if (isLying) await net.runtime.sleep(2900);
        else await send(net, stream, height);
      });
    const peers = [liar, await net.node('honest')];
    const follower = await net.follower({ peers: () => peers });
    net.make();
    let isLying = false;
    const lie = () => {
      isLying = !isLying;
      serve(isLying);
      if (isLying) net.network.find(liar)?.publish(headTopic, ChainHead.serialize({ height: 2 ** 40, headerRoot }));
      net.runtime.timer(isLying ? 3000 : 1500, lie);
    };
    lie();
    expect(await currentShare(net, follower, 120)).toBeGreaterThan(0.8);
  });

  it('is believed after others where it gives each block as late as it may', async () => {
    const net = await Following.open();
    const dripping = await net.node('dripping');
    answers(net, dripping, async (stream, from) => {
      for (let height = from; await send(net, stream, height, 1400); height++);
    });
    const peers = [dripping, await net.node('honest')];
    const follower = await net.follower({ peers: () => peers });
    net.make();
    expect(await currentShare(net, follower, 120)).toBeGreaterThan(0.8);
  });
});

describe('strangers', () => {
  it('with many keys do not keep followers from hearing how far a node is', async () => {
    const net = await Following.open();
    await net.blocks(8);
    const node = await net.node('honest');
    const follower = await net.follower({ peers: () => [node] });
    net.make();
    for (let i = 0; i < 80; i++) {
      const stranger = await net.network.join(peerSigner(`stranger ${i}`));
      const flood = () => {
        for (let j = 0; j < 4; j++) void stranger.open(node, chainProtocols.status).catch(() => {});
        net.runtime.timer(500, flood);
      };
      flood();
    }
    expect(await currentShare(net, follower, 30)).toBeGreaterThan(0.95);
  });
});
