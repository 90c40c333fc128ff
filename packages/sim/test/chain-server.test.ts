import { chainProtocols, headTopic } from '@assay/node/consensus/follow/wire';
import { peerSigner } from '@assay/node/network/peer.fixture';
import {
  BlocksRequest,
  ChainHead,
  ChainStatus,
  limits,
  Parcel,
  SnapshotHeights,
  SnapshotRequest,
} from '@assay/protocol';
import type { Endpoint, MessageStream, PeerId } from '@assay/roles/ports/network';
import { describe, expect, it } from 'vitest';
import { type Follower, Following } from './following.fixture.ts';

const status = { base: 0, height: 8, headerRoot: new Uint8Array(32), isCurrent: true };
const request = { fromHeight: 1, count: 64 };

/** A node that says it is at height 8, and answers for blocks as a test wants. */
async function nodeThat(
  net: Following,
  name: string,
  answer: (stream: MessageStream) => Promise<void>,
): Promise<PeerId> {
  const endpoint = await net.network.join(peerSigner(name));
  endpoint.handle(chainProtocols.status, async (stream) => {
    await stream.messages.next();
    await stream.send(ChainStatus.serialize(status));
    stream.close();
  });
  endpoint.handle(chainProtocols.blocks, async (stream) => {
    await stream.messages.next();
    await answer(stream);
  });
  return endpoint.id;
}

const recordOf = ({ engine }: Follower, peer: PeerId) => engine.status().peers.find((record) => record.peer === peer);

describe('a node that answers badly §19.2', () => {
  const never = () => new Promise<void>(() => {});
  const parcel = (bytes: number) => Parcel.serialize({ bytes, isToVerify: false });
  const answers: [string, (stream: MessageStream) => Promise<void>, RegExp | null][] = [
    ['never', never, null],
    ['with nothing', async (stream) => stream.close(), null],
    ['with a stream that breaks', async (stream) => stream.abort(), null],
    [
      'with half of a block',
      async (stream) => {
        await stream.send(parcel(limits.dataPieceBytes + 5));
        await stream.send(new Uint8Array(limits.dataPieceBytes));
        stream.close();
      },
      null,
    ],
    [
      'with half of a block, and waits',
      async (stream) => {
        await stream.send(parcel(limits.dataPieceBytes + 5));
        await stream.send(new Uint8Array(limits.dataPieceBytes));
        await never();
      },
      null,
    ],
    [
      'with a block of 4 GB',
      async (stream) => {
        await stream.send(parcel(2 ** 32 - 1));
        await never();
      },
      /announced 4294967295 bytes/,
    ],
    [
      'with a block of no bytes',
      async (stream) => {
        await stream.send(parcel(0));
        await never();
      },
      /announced 0 bytes/,
    ],
    [
      'with pieces of its own size, without end',
      async (stream) => {
        await stream.send(parcel(limits.maxBlockBytes));
        for (;;) await stream.send(new Uint8Array(1));
      },
      /a piece of 1 bytes in place of 65536/,
    ],
    [
      'with noise',
      async (stream) => {
        for (;;) await stream.send(new Uint8Array(99).fill(7));
      },
      /no Parcel/,
    ],
    [
      'with noise for a block',
      async (stream) => {
        await stream.send(parcel(99));
        await stream.send(new Uint8Array(99).fill(7));
      },
      /no block/,
    ],
  ];
  it.each(answers)('is left, and another asked, when it answers %s', async (_name, answer, fault) => {
    const net = await Following.open();
    await net.blocks(8);
    const bad = await nodeThat(net, 'bad', answer);
    const honest = await net.node('honest');
    let peers = [bad];
    const follower = await net.follower({ peers: () => peers });
    await net.runtime.pass(20_000);
    expect(follower.store.height).toBe(0);
    expect(recordOf(follower, bad)?.lastFault ?? '').toMatch(fault ?? /^$/);
    if (fault === null) expect(recordOf(follower, bad)?.failures).toBeGreaterThan(0);
    expect(follower.engine.chain.isCurrent()).toBe(false);
    peers = [bad, honest];
    await net.reaches(follower, 8);
    expect(net.isSame(follower)).toBe(true);
  });

  it('is left when it serves another chain', async () => {
    const net = await Following.open();
    await net.blocks(8);
    const other = await Following.open({ chainId: 'other' });
    await other.blocks(8);
    const peer = await net.node('other', {
      blockAt: (height) => other.store.blockAt(height),
      sealAt: (height) => other.store.sealAt(height),
    });
    const follower = await net.follower({ peers: () => [peer] });
    await net.runtime.pass(5000);
    expect(recordOf(follower, peer)?.lastFault).toMatch(/parent root/);
    expect(follower.store.height).toBe(0);
  });

  it('claims heights nobody has: it is believed until it is asked, and then for ever less', async () => {
    const net = await Following.open();
    await net.blocks(8);
    const honest = await net.node('honest');
    const boaster = await net.node('boaster');
    const follower = await net.follower({ peers: () => [boaster, honest] });
    await net.reaches(follower, 8);
    let falls = 0;
    let was = true;
    for (let i = 0; i < 300; i++) {
      net.network
        .find(boaster)
        ?.publish(headTopic, ChainHead.serialize({ height: 2 ** 40, headerRoot: new Uint8Array(32) }));
      await net.runtime.pass(100);
      const is = follower.engine.chain.isCurrent();
      if (was && !is) falls += 1;
      was = is;
    }
    expect(falls).toBeLessThan(10);
    expect(follower.engine.lag().blocks).toBe(0);
  });
});

describe('what a node serves §19.2', () => {
  const open = (from: Endpoint, to: PeerId, protocol: keyof typeof chainProtocols) =>
    from.open(to, chainProtocols[protocol]);

  it('is announced only while somebody follows it: others would hear it for nothing', async () => {
    const net = await Following.open();
    const peers = [await net.node('a')];
    let heard = 0;
    const listener = await net.network.join(peerSigner('listener'));
    listener.subscribe(headTopic, () => heard++);
    const heardOf = async (blocks: number) => {
      const before = heard;
      for (let made = 0; made < blocks; made++) {
        await net.block();
        await net.runtime.pass(500);
      }
      return heard - before;
    };
    expect(await heardOf(4)).toBe(0);
    const follower = await net.follower({ peers: () => peers });
    await net.runtime.pass(1000);
    expect(await heardOf(4)).toBe(4);
    await follower.close();
    await net.runtime.pass(10_000);
    expect(await heardOf(4)).toBe(0);
  });

  it('is bounded for each peer: more at once is broken off, and there is room again afterwards', async () => {
    const net = await Following.open();
    await net.blocks(3);
    const node = await net.node('a');
    const asker = await net.network.join(peerSigner('asker'));
    const first = async (stream: MessageStream) => {
      await stream.send(BlocksRequest.serialize(request));
      return stream.messages.next().then(
        ({ done }) => (done === true ? 'nothing' : 'an answer'),
        () => 'broken',
      );
    };
    const asked = async () => {
      const streams = await Promise.all([1, 2, 3, 4].map(() => open(asker, node, 'blocks')));
      const said = await Promise.all(streams.map(first));
      for (const stream of streams) stream.abort();
      return said.toSorted();
    };
    // Two may bring more, so they stay where they are.
    const slow = async () => {
      const streams = await net.runtime.until(Promise.all([1, 2, 3, 4].map(() => open(asker, node, 'transactions'))));
      return net.runtime.until(Promise.all(streams.map(first)));
    };
    expect((await slow()).toSorted()).toEqual(['an answer', 'an answer', 'broken', 'broken']);
    const other = await net.network.join(peerSigner('other asker'));
    const elsewhere = await net.runtime.until(open(other, node, 'transactions'));
    expect(await net.runtime.until(first(elsewhere))).toBe('an answer');
    await net.runtime.pass(60_000);
    expect((await slow()).filter((said) => said === 'an answer')).toHaveLength(2);
    expect(await net.runtime.until(asked())).toContain('an answer');
  });

  it('has no more blocks than were asked for, none without its seal, and nothing where nothing is', async () => {
    const net = await Following.open();
    await net.blocks(5);
    net.apply();
    await net.runtime.until(net.application.commit(null));
    const node = await net.node('a');
    const asker = await net.network.join(peerSigner('asker'));
    const count = async (fromHeight: number, most: number) => {
      const stream = await open(asker, node, 'blocks');
      await stream.send(BlocksRequest.serialize({ fromHeight, count: most }));
      let messages = 0;
      while ((await stream.messages.next()).done !== true) messages += 1;
      return messages / 2;
    };
    const counted: number[] = [];
    for (const [from, most] of [
      [1, 2],
      [1, 60_000],
      [6, 1],
      [7, 1],
      [0, 1],
    ] as const) {
      counted.push(await net.runtime.until(count(from, most)));
    }
    expect(counted).toEqual([2, 5, 0, 0, 0]);
    const heights = async (height: number) => {
      const stream = await open(asker, node, 'snapshots');
      await stream.send(SnapshotRequest.serialize({ height }));
      const { value, done } = await stream.messages.next();
      return done === true ? null : value;
    };
    const listed = await net.runtime.until(heights(0));
    expect(SnapshotHeights.deserialize(listed ?? new Uint8Array())).toEqual({
      heights: [...net.store.snapshotHeights()],
    });
    expect(await net.runtime.until(heights(2))).toBeNull();
  });

  it('is a snapshot to its end, though the store has let go of it', async () => {
    const net = await Following.open();
    await net.blocks(7);
    let state = net.store.snapshotAt(7);
    expect(state).not.toBeNull();
    const whole = state;
    const node = await net.node('a', { snapshotAt: () => state });
    const asker = await net.network.join(peerSigner('asker'));
    const fetch = async () => {
      const stream = await open(asker, node, 'snapshots');
      await stream.send(SnapshotRequest.serialize({ height: 7 }));
      const messages: Uint8Array[] = [];
      for (;;) {
        const { value, done } = await stream.messages.next();
        if (done === true) return messages;
        messages.push(value);
        state = null;
      }
    };
    const messages = await net.runtime.until(fetch());
    expect(Buffer.concat(messages.slice(3))).toEqual(Buffer.from(whole ?? []));
    expect(await net.runtime.until(fetch())).toEqual([]);
  });
});
