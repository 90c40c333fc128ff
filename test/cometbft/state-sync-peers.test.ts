import { testChain } from '@assay/node/consensus/chain.fixture';
import type { LightQuestion, LightSource } from '@assay/node/consensus/cometbft/light-service';
import { cometForTests, testNet, until } from '@assay/node/consensus/cometbft/net.fixture';
import { heightOf, testNodes, trustedAfter } from '@assay/node/consensus/cometbft/test-nodes.fixture';
import { lightSource, serveCometLight } from '@assay/node/host/comet-light';
import { MemoryNetwork } from '@assay/node/network/memory';
import { peerSigner } from '@assay/node/network/peer.fixture';
import { realRuntime } from '@assay/node/runtime/real';
import { peerIdOf } from '@assay/roles/ports/network';
import { describe, expect, it } from 'vitest';

const binary = await cometForTests();
const runtime = realRuntime(() => {});
const patience = { timeout: 240_000 };
const keepsNothing = async ({ height }: LightQuestion) => {
  const data = `height ${height} is not available, lowest height is ${height + 1000}`;
  return JSON.stringify({ jsonrpc: '2.0', id: -1, error: { code: -32603, message: 'Internal error', data } });
};

describe.skipIf(binary === null)('a new node that begins with a state, and has three peers (§18.9)', () => {
  const world = testNodes();

  it.each<[string, (honest: LightSource) => LightSource]>([
    ['keeps nothing', () => keepsNothing],
    ['answers with another height', (honest) => (question) => honest({ ...question, height: question.height + 1 })],
  ])('begins although the first of them %s', patience, async (_, bad) => {
    const chain = testChain({ makers: 2, epochBlocks: 64, blockTimeMs: 300 });
    const net = await testNet(binary ?? '', world.dir, { validators: 2, nodes: 3, chain });
    const more = { snapshotEvery: 20 };
    world.nodes = await Promise.all([0, 1].map((i) => net.node(i, more)));
    const [first] = world.nodes;
    if (first === undefined) throw new Error('there is no node');
    await until('a snapshot', () => heightOf(first) >= 24, 120_000);
    const network = new MemoryNetwork(runtime);
    const serving = [bad(first.engine.light), ...world.nodes.map(({ engine }) => engine.light)];
    const names = serving.map((_each, index) => `peer ${index}`);
    for (const [index, source] of serving.entries()) {
      serveCometLight(await network.join(peerSigner(names[index] ?? '')), source, runtime);
    }
    const endpoint = await network.join(peerSigner('newcomer'));
    const ids = names.map((name) => peerIdOf(peerSigner(name)));
    const sources = [0, 1].map((place) => lightSource({ endpoint, runtime }, ids, place));
    const joining = await net.node(2, more, { trusted: trustedAfter(4, first, sources) });
    world.nodes.push(joining);
    await until('the state', () => heightOf(joining) > 0, 120_000);
    expect(joining.store.base).toBeGreaterThanOrEqual(20);
  });
});
