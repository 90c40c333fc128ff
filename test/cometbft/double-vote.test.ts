import { isProven } from '@assay/ledger';
import { cometForTests, testNet, until } from '@assay/node/consensus/cometbft/net.fixture';
import { testNodes } from '@assay/node/consensus/cometbft/test-nodes.fixture';
import { nativeVerifier } from '@assay/node/crypto/verifier';
import type { Offence } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { describe, expect, it } from 'vitest';

const binary = await cometForTests();

describe.skipIf(binary === null)('a validator whose key signs on two machines §7.4.6', () => {
  const world = testNodes();

  it('is noticed by the others, with both votes, which prove it', async () => {
    const net = await testNet(binary ?? '', world.dir, { validators: 4, nodes: 5 });
    const twice = net.chain.sealers[3];
    if (twice === undefined) throw new Error('there are too few');
    const signerOf = (key: Uint8Array) => (equalBytes(twice.publicKey, key) ? twice : null);
    const keys = { signerOf, shown: twice };
    world.nodes = await Promise.all([0, 1, 2, 3, 4].map((i) => net.node(i, i === 4 ? { keys } : {})));
    const [first] = world.nodes;
    if (first === undefined) throw new Error('there is no node');
    const { chain } = first.engine;
    const offences: Offence[] = [];
    chain.onOffence((offence) => offences.push(offence));
    await until('a double vote', () => offences.length > 0, 60_000);
    const [offence] = offences;
    expect(offence).toMatchObject({ kind: 'doubleVote', value: { validator: 3 } });
    expect(offence !== undefined && isProven(chain.head(), offence, nativeVerifier)).toBe(true);
  }, 90_000);
});
