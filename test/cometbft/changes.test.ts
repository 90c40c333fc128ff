import { signerOf, type TestChain, transferOf } from '@assay/node/consensus/chain.fixture';
import { cometForTests, type TestNode, testNet, until } from '@assay/node/consensus/cometbft/net.fixture';
import { heightOf, sealersAt, testNodes } from '@assay/node/consensus/cometbft/test-nodes.fixture';
import { signTransaction } from '@assay/node/consensus/sign';
import { equalBytes } from '@assay/ssz';
import { describe, expect, it } from 'vitest';

const binary = await cometForTests();

const fund = (chain: TestChain, node: TestNode) => {
  const [from] = chain.accounts;
  const to = chain.validators[1]?.address;
  if (from === undefined || to === undefined) throw new Error('there is nobody to fund');
  return node.engine.chain.submit(transferOf(chain, { from, to, nonce: 0, amountUnits: 1_000_000_000n }));
};

describe.skipIf(binary === null)('a network under CometBFT that changes §18.6', () => {
  const world = testNodes();

  it('goes on while a validator changes its consensus key, and is signed with the new one', async () => {
    const net = await testNet(binary ?? '', world.dir, { validators: 4 });
    const [account, old] = [net.chain.validators[1], net.chain.sealers[1]];
    if (account === undefined || old === undefined) throw new Error('there are too few');
    const next = signerOf('another consensus key');
    const signerOfKey = (key: Uint8Array) => [old, next].find(({ publicKey }) => equalBytes(publicKey, key)) ?? null;
    const keys = { signerOf: signerOfKey, shown: old };
    world.nodes = await Promise.all([0, 1, 2, 3].map((i) => net.node(i, i === 1 ? { keys } : {})));
    const [node, changing] = world.nodes;
    if (node === undefined || changing === undefined) throw new Error('there are too few');
    expect(await fund(net.chain, node)).toMatchObject({ code: 'OK' });

    const possession = next.consensusPossession(account.address);
    const feeUnits = node.engine.chain.head().params.transactionFeeUnits;
    const body = { validator: 1, consensusKey: next.publicKey, possession };
    const envelope = { nonce: 0, validUntil: 1000, feeUnits };
    const rotation = signTransaction(
      { signer: account, chain: net.chain.identity },
      ['rotateConsensusKey', body],
      envelope,
    );
    expect(await node.engine.chain.submit(rotation)).toMatchObject({ code: 'OK' });
    const keyNow = () => node.engine.chain.head().validators.at(1).consensusKey;
    await until('the new key in the state', () => equalBytes(keyNow(), next.publicKey));
    const changed = heightOf(node);
    await until('its votes', () => sealersAt(node, heightOf(node) - 2).includes(1) && heightOf(node) > changed + 6);
    // The others would go on without it: it votes with the new key, and never with two.
    expect(sealersAt(node, heightOf(node) - 3).length).toBeGreaterThanOrEqual(3);
    expect(changing.lines.filter((line) => line.includes('REFUSED'))).toEqual([]);
  }, 60_000);

  it('is joined with the state of a height, by a node that then follows', async () => {
    const net = await testNet(binary ?? '', world.dir, { validators: 2, nodes: 3 });
    const more = { snapshotEvery: 10 };
    world.nodes = await Promise.all([0, 1].map((i) => net.node(i, more)));
    const [first] = world.nodes;
    if (first === undefined) throw new Error('there is no node');
    expect(await fund(net.chain, first)).toMatchObject({ code: 'OK' });
    await until('two snapshots', () => heightOf(first) >= 22);
    const answer = await fetch(`http://${net.rpcOf(0)}/block?height=5`);
    const { result } = (await answer.json()) as { result: { block_id: { hash: string } } };
    const rpcServers = [0, 1].map((i) => `http://${net.rpcOf(i)}`);
    const stateSync = { rpcServers, trustHeight: 5, trustHash: result.block_id.hash };
    const joining = await net.node(2, more, { stateSync });
    world.nodes.push(joining);
    expect(joining.engine.chain.isCurrent()).toBe(false);
    await until('the state', () => heightOf(joining) > 0, 40_000);
    expect(joining.store.base % 10).toBe(0);
    await until(
      'the chain to be current',
      () => joining.engine.chain.isCurrent() && heightOf(joining) > joining.store.base + 3,
    );
    const at = heightOf(joining);
    await until('the same height', () => heightOf(first) >= at);
    expect(joining.engine.chain.blockAt(at)).toEqual(first.engine.chain.blockAt(at));
    expect(joining.engine.chain.blockAt(joining.store.base - 1)).toBeNull();
    await until('a seal', () => sealersAt(joining, at).length >= 2);
  }, 90_000);
});
