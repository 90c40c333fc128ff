import { transferOf } from '@assay/node/consensus/chain.fixture';
import { chainProtocols } from '@assay/node/consensus/follow/wire';
import { Block, BlocksRequest, Seal, type SealedBlock } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { type Follower, Following } from './following.fixture.ts';

const faultsOf = ({ engine }: Follower, peer: string) =>
  engine.status().peers.find((record) => record.peer === peer)?.lastFault ?? null;

describe('a follower §19.3', () => {
  it('keeps in step with those who make the blocks, and knows how far it is', async () => {
    const net = await Following.open();
    const peers = [await net.node('a'), await net.node('b')];
    const follower = await net.follower({ peers: () => peers });
    expect(follower.engine.chain.isCurrent()).toBe(false);
    net.make();
    await net.runtime.pass(20_000);
    const { engine } = follower;
    expect(engine.chain.head().globals.height).toBeGreaterThanOrEqual(net.application.head().globals.height - 1);
    expect(engine.chain.head().globals.height).toBeGreaterThan(30);
    expect(engine.chain.isCurrent()).toBe(true);
    expect(engine.lag().blocks).toBeLessThanOrEqual(1);
    expect(engine.lag().seconds).toBeLessThanOrEqual(1);
    expect(net.isSame(follower)).toBe(true);
  });

  it('catches up with several nodes in turn, is not current until then, and says how far it is behind', async () => {
    const net = await Following.open();
    const peers = [await net.node('a'), await net.node('b')];
    await net.blocks(150);
    const asked = new Map<string, number>();
    net.network.spy.onHeard(({ to, protocol }) => {
      if (protocol === chainProtocols.blocks) asked.set(to, (asked.get(to) ?? 0) + 1);
    });
    const follower = await net.follower({ peers: () => peers });
    const seen: boolean[] = [];
    const lags: number[] = [];
    follower.engine.chain.onBlock(({ block }) => {
      seen.push(follower.engine.chain.isCurrent());
      lags.push(follower.engine.lag().blocks + block.header.height);
    });
    await net.reaches(follower, 150);
    expect(seen.slice(0, 140).every((isCurrent) => !isCurrent)).toBe(true);
    expect(peers.map((peer) => asked.get(peer))).toEqual([2, 1]);
    expect(new Set(lags.slice(0, 140))).toEqual(new Set([150]));
    expect(follower.engine.chain.isCurrent()).toBe(true);
    expect(net.isSame(follower)).toBe(true);
  });

  it('waits for the seal of the newest block', async () => {
    const net = await Following.open();
    const peers = [await net.node('a')];
    const follower = await net.follower({ peers: () => peers });
    await net.blocks(2);
    const header = net.apply();
    await net.runtime.until(net.application.commit(null));
    await net.runtime.pass(10_000);
    expect([follower.store.height, net.store.height]).toEqual([2, 3]);
    await net.runtime.until(net.application.seal(3, net.sealOf(header)));
    await net.runtime.pass(200);
    expect(follower.store.height).toBe(3);
    expect(net.isSame(follower)).toBe(true);
  });
});

describe('a follower that loses what it follows §19.7', () => {
  it('is not current while everybody is gone, and goes on where it was when somebody is back', async () => {
    const net = await Following.open();
    const peers = [await net.node('a'), await net.node('b')];
    const follower = await net.follower({ peers: () => peers });
    net.make();
    await net.runtime.pass(10_000);
    const { height } = follower.store;
    for (const peer of peers) net.network.cutOff(peer);
    await net.runtime.pass(9000);
    expect([follower.engine.chain.isCurrent(), follower.engine.lag().seconds]).toEqual([true, 9]);
    await net.runtime.pass(51_000);
    expect([follower.store.height, follower.engine.chain.isCurrent()]).toEqual([height, false]);
    expect(follower.engine.lag().seconds).toBeGreaterThanOrEqual(59);
    net.network.heal(peers[1] ?? '');
    await net.runtime.pass(40_000);
    expect(follower.store.height).toBeGreaterThanOrEqual(net.store.height - 1);
    expect([follower.engine.chain.isCurrent(), net.isSame(follower)]).toEqual([true, true]);
  });

  it('goes on after a restart in the middle, at its own height', async () => {
    const net = await Following.open();
    const peers = [await net.node('a')];
    await net.blocks(60);
    const first = await net.follower({ peers: () => peers });
    while (first.store.height < 20) await net.runtime.pass(1);
    await first.close();
    const { height } = first.store;
    expect([height >= 20, height < 60]).toEqual([true, true]);
    let asked = 0;
    net.network.spy.onHeard(({ protocol, message }) => {
      if (protocol === chainProtocols.blocks) asked ||= BlocksRequest.deserialize(message).fromHeight;
    });
    const second = await net.follower({ peers: () => peers, store: first.store });
    await net.reaches(second, 60);
    expect([asked, net.isSame(second)]).toEqual([height + 1, true]);
    expect(second.engine.chain.stateRoot()).toEqual(net.application.stateRoot());
  });
});

type Change = (sealed: SealedBlock, net: Following) => SealedBlock;
const ofHeader =
  (
    change: Partial<Record<'height' | 'timeMs', number>> &
      Partial<Record<'parentRoot' | 'transactionsRoot' | 'stateRoot', Uint8Array>>,
  ): Change =>
  ({ block, seal }) => ({ block: { ...block, header: { ...block.header, ...change } }, seal });
const other = new Uint8Array(32).fill(9);

describe('one of three nodes that lies §19.3', () => {
  const lies: [string, Change, RegExp][] = [
    ['another height', ofHeader({ height: 6 }), /it says it is block 6/],
    ['another time', ofHeader({ timeMs: 1_800_000_000_000 }), /seal does not hold/],
    ['another parent', ofHeader({ parentRoot: other }), /parent root/],
    ['another root of the transactions', ofHeader({ transactionsRoot: other }), /root of the transactions/],
    ['another state root', ofHeader({ stateRoot: other }), /seal does not hold/],
    [
      'a transaction more',
      ({ block, seal }) => ({ block: { ...block, transactions: [...block.transactions, other] }, seal }),
      /root of the transactions/,
    ],
    [
      'a transaction less',
      ({ block, seal }) => ({ block: { ...block, transactions: [] }, seal }),
      /root of the transactions/,
    ],
    [
      'the seal of another height',
      ({ block }, net) => ({ block, seal: Seal.deserialize(net.store.sealAt(4) ?? other) }),
      /seal does not hold/,
    ],
    [
      'a seal of two thirds and no more',
      ({ block }, net) => ({ block, seal: net.sealOf(block.header, [1, 2]) }),
      /not more than two thirds/,
    ],
    ['a seal of nobody', ({ block }, net) => ({ block, seal: net.sealOf(block.header, []) }), /nobody has signed/],
    [
      'a signer twice',
      ({ block }, net) => {
        const seal = net.sealOf(block.header);
        if (seal.kind !== 'embedded') throw new Error(`a seal of ${seal.kind}`);
        const signatures = seal.value.signatures.slice(0, 1).flatMap((first) => [first, first, first]);
        return { block, seal: { kind: 'embedded', value: { ...seal.value, signatures } } };
      },
      /rising order/,
    ],
  ];
  it.each(lies)('is found out: %s', async (_name, change, reason) => {
    const net = await Following.open();
    const lie = (height: number): SealedBlock => {
      const block = Block.deserialize(net.store.blockAt(height) ?? other);
      return change({ block, seal: Seal.deserialize(net.store.sealAt(height) ?? other) }, net);
    };
    const liar = await net.node('liar', {
      blockAt: (height) => (height === 5 ? Block.serialize(lie(5).block) : net.store.blockAt(height)),
      sealAt: (height) =>
        height === 5 ? Seal.serialize(lie(5).seal ?? net.sealOf(lie(5).block.header)) : net.store.sealAt(height),
    });
    const peers = [liar, await net.node('a'), await net.node('b')];
    const [alice, bob] = net.chain.accounts as [(typeof net.chain.accounts)[0], (typeof net.chain.accounts)[0]];
    for (let nonce = 0; nonce < 8; nonce++) {
      net.application.submit(transferOf(net.chain, { from: alice, to: bob.address, nonce }));
      await net.block();
    }
    // Nobody else is asked before the liar was.
    const honest = { isThere: false };
    const follower = await net.follower({ peers: () => (honest.isThere ? peers : [liar]) });
    await net.runtime.pass(5000);
    expect(follower.store.height).toBe(4);
    expect(faultsOf(follower, liar)).toMatch(reason);
    honest.isThere = true;
    await net.reaches(follower, 8);
    expect(net.isSame(follower)).toBe(true);
    expect(net.lines.filter((line) => line.includes(liar))).toHaveLength(1);
    expect(follower.fatal).toEqual([]);
  });
});
