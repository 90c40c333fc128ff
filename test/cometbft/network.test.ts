import { startBalanceUnits, transferOf } from '@assay/node/consensus/chain.fixture';
import { cometForTests, type TestNode, testNet, until } from '@assay/node/consensus/cometbft/net.fixture';
import { heightOf, testNodes } from '@assay/node/consensus/cometbft/test-nodes.fixture';
import { replay } from '@assay/node/consensus/replay';
import { toHex } from '@assay/ssz';
import { describe, expect, it } from 'vitest';

const binary = await cometForTests();

describe.skipIf(binary === null)('a network under CometBFT §18.6', () => {
  const world = testNodes();

  it('makes blocks of one validator, with the transfers that are sent to it', async () => {
    const net = await testNet(binary ?? '', world.dir, { validators: 1 });
    const node = await net.node(0);
    world.nodes = [node];
    const [from, to] = net.chain.accounts;
    if (from === undefined || to === undefined) throw new Error('there are no accounts');
    const sent = [0, 1, 2].map((nonce) =>
      node.engine.chain.submit(transferOf(net.chain, { from, to: to.address, nonce })),
    );
    const included = await Promise.all(sent);
    expect(included.map(({ code }) => code)).toEqual(['OK', 'OK', 'OK']);
    expect(node.engine.chain.head().balanceOf(to.address)).toBe(startBalanceUnits + 3n);
    await until('a later block', () => heightOf(node) >= (included[2]?.height ?? 0) + 3);
    await until('the chain to be current', () => node.engine.chain.isCurrent());
    expect(node.lines).toEqual([]);
  });

  it('is one chain of four validators, goes on without one, waits without two, and loses nothing', async () => {
    const net = await testNet(binary ?? '', world.dir, { validators: 4 });
    world.nodes = await Promise.all([0, 1, 2, 3].map((i) => net.node(i)));
    const [first, second, third] = world.nodes;
    const [from, to] = net.chain.accounts;
    if (!first || !second || !third || !from || !to) throw new Error('there are too few');
    const pay = async (node: TestNode, nonce: number) => {
      await until('the payment before', () => node.engine.chain.head().nonceOf(from.address) === nonce);
      return node.engine.chain.submit(transferOf(net.chain, { from, to: to.address, nonce, validUntil: 100_000 }));
    };

    expect(await pay(first, 0)).toMatchObject({ code: 'OK' });
    // It lies in every mempool, whoever proposes next.
    expect(await pay(second, 1)).toMatchObject({ code: 'OK' });
    await world.nodes[3]?.close();
    expect(await pay(third, 2)).toMatchObject({ code: 'OK' });
    await world.nodes[2]?.close();
    const halted = heightOf(first);
    const waiting = pay(second, 3);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(heightOf(first)).toBeLessThanOrEqual(halted + 1);

    world.nodes = [first, second, await net.node(2), await net.node(3)];
    const { code, height: last } = await waiting;
    expect(code).toBe('OK');
    await until('all to be as far', () => world.nodes.every((node) => heightOf(node) >= last), 30_000);
    const blockAt = (node: TestNode) => toHex(node.engine.chain.blockAt(last) ?? new Uint8Array());
    expect(new Set(world.nodes.map(blockAt)).size).toBe(1);
    expect(first.engine.chain.head().balanceOf(to.address)).toBe(startBalanceUnits + 4n);

    await until('the seal of it', () => world.nodes.every(({ engine }) => engine.chain.sealAt(last) !== null));
    for (const { store, lines } of world.nodes) {
      expect(lines.filter((line) => line.includes('seal'))).toEqual([]);
      const done = await replay(store, net.chain.genesis);
      expect(done.height).toBeGreaterThanOrEqual(last);
    }
  }, 60_000);
});
