import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { testChain } from '@assay/node/consensus/chain.fixture';
import type { TrustedComet } from '@assay/node/consensus/cometbft/home';
import { cometForTests, type TestNode, testNet, until } from '@assay/node/consensus/cometbft/net.fixture';
import {
  hasSealed,
  heightOf,
  sealersAt,
  testNodes,
  trustedAfter,
} from '@assay/node/consensus/cometbft/test-nodes.fixture';
import { describe, expect, it } from 'vitest';

const binary = await cometForTests();
const accounts = 100_000;
const patience = { timeout: 240_000 };

interface Said {
  readonly error?: { readonly data: string };
}

/** What the CometBFT of a node says of a height. */
async function commitAt({ engine }: TestNode, height: number): Promise<Said> {
  return JSON.parse(await engine.light({ method: 'commit', height, page: 1 })) as Said;
}

/** A block after a height for which two of the nodes answer. */
function trustedBy(nodes: readonly TestNode[], height: number): TrustedComet {
  const [first, second] = nodes as [TestNode, TestNode];
  return trustedAfter(height, first, [first.engine.light, second.engine.light]);
}

/** Waits until it makes blocks with the others after the state it began with. */
async function goesOn(joined: TestNode, first: TestNode): Promise<void> {
  const { base } = joined.store;
  await until('blocks', () => joined.engine.chain.isCurrent() && heightOf(joined) > base + 3, 60_000);
  const at = heightOf(joined);
  await until('the same height', () => heightOf(first) >= at);
  expect(joined.engine.chain.blockAt(at)).toEqual(first.engine.chain.blockAt(at));
}

/** The last of some nodes, which ends. */
async function closed(nodes: TestNode[]): Promise<TestNode> {
  const node = nodes.pop();
  if (node === undefined) throw new Error('there is no node');
  await node.close();
  return node;
}

describe.skipIf(binary === null)('a new node that begins with the state of a height §18.9', () => {
  const world = testNodes();

  it(`takes one of ${accounts} accounts, with its root, and goes on`, patience, async () => {
    const chain = testChain({ makers: 2, strangers: accounts, epochBlocks: 64, blockTimeMs: 200 });
    const net = await testNet(binary ?? '', world.dir, { validators: 2, nodes: 3, chain });
    const more = { snapshotEvery: 20 };
    world.nodes = await Promise.all([0, 1].map((i) => net.node(i, more)));
    const [first] = world.nodes;
    if (first === undefined) throw new Error('there is no node');
    await until('a snapshot', () => heightOf(first) >= 22, 120_000);
    const trusted = trustedBy(world.nodes, 4);
    const startMs = performance.now();
    const joining = await net.node(2, more, { trusted });
    world.nodes.push(joining);
    expect(joining.engine.chain.isCurrent()).toBe(false);
    await until('the state', () => heightOf(joining) > 0, 120_000);
    const bytes = joining.store.snapshotAt(joining.store.base)?.length;
    console.log(`${accounts} accounts, ${bytes} bytes, in ${Math.round(performance.now() - startMs)} ms`);
    await goesOn(joining, first);
    const { base } = joining.store;
    expect(joining.engine.chain.blockAt(base - 1)).toBeNull();
    await until('a seal', () => sealersAt(joining, base + 3).length === 2);
    const [ours, theirs] = [joining, first].map(({ engine }) => [...engine.chain.head().accounts]);
    expect(ours?.length).toBeGreaterThan(accounts);
    expect(ours).toHaveLength(theirs?.length ?? 0);
  });

  it('needs no early blocks, of which CometBFT lets go §18.13', patience, async () => {
    // The third is not needed for blocks, and seldom has its turn.
    const chain = testChain({ makers: 3, stakes: [66n, 33n, 1n], epochBlocks: 64, blockTimeMs: 100 });
    const net = await testNet(binary ?? '', world.dir, { validators: 3, nodes: 4, chain });
    const more = { snapshotEvery: 20, evidenceAge: { blocks: 15, ms: 1000 } };
    world.nodes = await Promise.all([0, 1, 2].map((i) => net.node(i, more)));
    const [first] = world.nodes;
    if (first === undefined) throw new Error('there is no node');
    await until('the votes of all', () => hasSealed(first, 2), 60_000);
    const left = heightOf(await closed(world.nodes));
    await until('three snapshots', () => heightOf(first) > 62, 120_000);
    expect((await commitAt(first, 19)).error?.data).toMatch(/19 is not available, lowest height is \d+/);
    expect((await commitAt(first, 61)).error).toBeUndefined();
    expect(first.store.blockAt(1)).not.toBeNull();

    const joining = await net.node(3, more, { trusted: trustedBy(world.nodes, 59) });
    world.nodes.push(joining);
    await until('the state', () => heightOf(joining) > 0, 60_000);
    expect(joining.store.base).toBeGreaterThanOrEqual(60);
    await goesOn(joining, first);

    // Who was away for too long gets no block, is told why, and never takes itself for current.
    const back = await net.node(2, more);
    world.nodes.push(back);
    let wasCurrent = false;
    const isTold = () => {
      wasCurrent ||= back.engine.chain.isCurrent();
      return back.lines.some((line) => line.includes(`none gives block ${left + 1}: begin with a state`));
    };
    await until('the reason', isTold, 60_000);
    expect([heightOf(back), wasCurrent]).toEqual([left, false]);
    await closed(world.nodes);
    for (const part of ['chain2', 'comet2/data', 'comet2/config']) rmSync(join(world.dir, part), { recursive: true });
    const again = await net.node(2, more, {
      trusted: trustedBy(world.nodes, (first.store.snapshotHeights()[0] ?? 0) - 1),
    });
    world.nodes.push(again);
    await until('the state', () => heightOf(again) > 0, 60_000);
    const began = again.store.base + 1;
    await until('its votes', () => hasSealed(again, 2, began), 60_000);
    // Who began with a state lets go of blocks, too.
    const oldest = joining.store.base + 1;
    while ((await commitAt(joining, oldest)).error === undefined) await delay(100);
    expect(joining.lines.filter((line) => line.includes('prune'))).toEqual([]);
    expect(again.lines.filter((line) => line.includes('REFUSED'))).toEqual([]);
  });
});
