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
});
