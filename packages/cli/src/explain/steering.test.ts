import { explanationLines, onChain } from '@assay/explain/explanation';
import { explainSelection } from '@assay/explain/selection';
import { drawMiners, drawTable } from '@assay/ledger';
import { measurersOf } from '@assay/ledger/fixture/challenges';
import { describe, expect, it } from 'vitest';
import { RecordedWorld } from '../recorded-world.fixture.ts';

const fast = { fast: true } as const;

describe('explain selection, where speed steers', () => {
  it('shows the class of the task, and what the speed of each miner makes of its weight (§6.6)', async () => {
    const params = { epochBlocks: 24, steering: { floorPpb: 100_000_000, dataTokensIn: 4096, computeTokensOut: 512 } };
    const world = new RecordedWorld({ mixers: 3, params }).populate();
    world.block(world.tx('minerB', 'registerMiner', world.registration()));
    for (const mixer of measurersOf(world, 0, { bandwidth: 1n })) {
      const reports = [world.report(mixer, { miner: 0, bandwidth: 250n })];
      expect(world.codeOf(world.batchTx({ mixer, records: { reports } }))).toBe('OK');
    }
    world.finishEpoch();
    const bounds = { maxTokensIn: 5000, maxTokensOut: 100 };
    const receipt = world.receipt(bounds);
    const place = { domain: 0, model: 0, payer: world.address('payer'), dedicatedMiners: [] };
    const [first] = drawMiners(drawTable(world.state), { ...receipt, ...place }, 1);
    world.certify({ ...receipt, miner: first?.miner ?? 0 });
    const explanation = await explainSelection(world.history, receipt.taskId, fast);
    const { class: taskClass, median, speeds, draw, followsDraw } = explanation.result;
    expect([taskClass, median, followsDraw]).toEqual(['data', '250', true]);
    expect(speeds.map(({ measured, factorPpb }) => [measured, factorPpb])).toEqual([
      ['250', '500000000'],
      ['new', '500000000'],
    ]);
    expect(draw.toSorted((a, b) => a.miner - b.miner).map(({ weight }) => weight)).toEqual(
      speeds.map(({ weight }) => weight),
    );
    const lines = explanationLines(onChain(world.history, true, explanation)).join('\n');
    for (const shown of ['bandwidth, bytes per second', 'data from tokens in', '0.5']) expect(lines).toContain(shown);
  });
});
