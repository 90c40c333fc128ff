import { testChain } from '@assay/node/consensus/chain.fixture';
import { cometForTests, testNet, until } from '@assay/node/consensus/cometbft/net.fixture';
import { heightOf, sealersAt, testNodes } from '@assay/node/consensus/cometbft/test-nodes.fixture';
import { describe, expect, it } from 'vitest';

const binary = await cometForTests();
/** More by hand: `ASSAY_LATE_BLOCKS=1000 npm test -- test/cometbft/late`. */
const behind = Number(process.env.ASSAY_LATE_BLOCKS ?? 100);
const patienceMs = 600_000;

describe.skipIf(binary === null)('a validator that comes late §18.6', () => {
  const world = testNodes();

  it(`catches up ${behind} blocks, and the chain goes on by its signature`, { timeout: patienceMs }, async () => {
    // The first two make blocks without the third, whose turn it seldom is; the first and the third without the second.
    const chain = testChain({ makers: 3, stakes: [66n, 33n, 1n], epochBlocks: 64, blockTimeMs: 10 });
    const net = await testNet(binary ?? '', world.dir, { validators: 3, chain });
    world.nodes = await Promise.all([0, 1].map((i) => net.node(i)));
    const [first, second] = world.nodes;
    if (first === undefined || second === undefined) throw new Error('there are too few');
    const startMs = performance.now();
    await until('blocks', () => heightOf(first) > behind, patienceMs);
    const madeMs = performance.now();
    const late = await net.node(2);
    world.nodes.push(late);
    expect([heightOf(late), late.engine.chain.isCurrent()]).toEqual([0, false]);
    await until('it to be current', () => late.engine.chain.isCurrent(), patienceMs);
    const [currentMs, height] = [performance.now(), heightOf(late)];
    expect(height).toBeGreaterThan(behind - 1);
    const seconds = (ms: number) => Math.round(ms / 100) / 10;
    console.log(
      `${behind} blocks made in ${seconds(madeMs - startMs)} s, caught up in ${seconds(currentMs - madeMs)} s`,
    );

    await second.close();
    world.nodes = [first, late];
    const alone = heightOf(first);
    await until('blocks that need its signature', () => heightOf(first) > alone + 4, 60_000);
    expect(sealersAt(first, alone + 3)).toEqual([0, 2]);
    expect(late.engine.chain.blockAt(alone + 2)).toEqual(first.engine.chain.blockAt(alone + 2));
  });
});
