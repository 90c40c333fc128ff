import type { Agreement, Receipt } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { auditAll } from '../testing/audits.fixture.ts';
import { replicas, replicaWorld } from '../testing/replicas.fixture.ts';
import { honest, softFailure, type World } from '../testing/world.fixture.ts';

const [similar, outlier, alone] = ['similar', 'outlier', 'alone'] as const;
const agreementsOf = (world: World) => Array.from(world.state.tasks, ({ agreement }) => agreement);
const endOf = (world: World, { taskId }: Receipt) =>
  world.events.findLast(
    (event) => event.type !== 'taskPaid' && 'taskId' in event && event.taskId.join() === taskId.join(),
  );
const taskOf = (world: World, { taskId }: Receipt) => world.state.tasks.at(world.state.taskOf(taskId) ?? -1);

/** Lets every auditor of a task find the same until it is decided. */
function audit(world: World, { taskId }: Receipt, numbers = honest): void {
  auditAll(world, taskId, numbers);
}

describe('outliers §10.11', () => {
  it.each<[3 | 5, number[], Agreement[]]>([
    [3, [95, 95, 85], [similar, similar, similar]],
    [3, [95, 95, 84], [similar, similar, outlier]],
    [3, [95, 84, 84], [similar, alone, alone]],
    [3, [0, 0, 0], [alone, alone, alone]],
    // One replica never came: two of three are still a majority, one is not.
    [3, [95, 95], [similar, similar]],
    [3, [20, 20], [alone, alone]],
    [3, [20], [alone]],
    [5, [95, 95, 95, 20, 20], [similar, similar, similar, outlier, outlier]],
    [5, [95, 95, 20, 20, 20], [similar, similar, alone, alone, alone]],
    [5, [95, 95, 95, 20], [similar, similar, similar, outlier]],
  ])('of %i replicas with %j', (redundancy, percents, expected) => {
    const world = replicaWorld(redundancy);
    expect(world.codeOf(world.batchTx({ receipts: replicas(world, 0, percents) }))).toBe('OK');
    expect(agreementsOf(world)).toEqual(expected);
  });

  it('are judged by the replicas certified with them or before', () => {
    const world = replicaWorld(3);
    const [first, second, third] = replicas(world, 0, [95, 20, 95]);
    for (const receipt of [first, second, third]) world.codeOf(world.batchTx({ receipts: receipt ? [receipt] : [] }));
    expect(agreementsOf(world)).toEqual([similar, alone, similar]);
    const late = replicas(world, 1, [95, 95, 20]);
    world.codeOf(world.batchTx({ receipts: late.slice(0, 2) }));
    world.codeOf(world.batchTx({ receipts: late.slice(2) }));
    expect(agreementsOf(world).slice(3)).toEqual([similar, similar, outlier]);
  });

  it('are none where the limit is zero, nor without redundancy', () => {
    const world = replicaWorld(3, { params: { poi: { outlierPpb: 0 } } });
    const receipts = [...replicas(world, 0, [0, 0, 0]), world.receipt()];
    expect(world.codeOf(world.batchTx({ receipts }))).toBe('OK');
    expect(agreementsOf(world)).toEqual([similar, similar, similar, similar]);
  });

  it('are always audited where something can be re-checked', () => {
    const world = replicaWorld(3, { audit: { newMinerTasks: 0, minRoutingTrustPpb: 1, floorPpb: 1_000_000 } });
    // Ten honest tasks each and an epoch, so that the miners are rarely audited.
    for (let i = 0; i < 10; i++) {
      const trained = [0, 1, 2].map((miner) => world.receipt({ miner }));
      world.certify(...trained);
      for (const receipt of trained) audit(world, receipt);
    }
    world.finishEpoch();
    const tasks = Array.from({ length: 6 }, (_, i) => replicas(world, 1000 + i, [95, 95, 20]));
    world.certify(...tasks.flat());
    const rates = world.events.flatMap((event) => ('ratePpb' in event ? [event.ratePpb] : [])).slice(-18);
    expect(rates.filter((_, i) => i % 3 === 2)).toEqual(Array.from({ length: 6 }, () => 1_000_000_000));
    expect(Math.max(...rates.filter((_, i) => i % 3 !== 2))).toBeLessThan(600_000_000);
  });

  it('that pass their audit are paid and earn no work (D4)', () => {
    const world = replicaWorld(3);
    const receipts = replicas(world, 0, [95, 95, 20]);
    world.certify(...receipts);
    for (const receipt of receipts) audit(world, receipt);
    expect(receipts.map((receipt) => taskOf(world, receipt).status)).toEqual(['approved', 'approved', 'approved']);
    expect(Array.from(world.state.miners, ({ epochVwu }) => epochVwu)).toEqual([70n, 70n, 0n, 0n, 0n]);
    expect(world.state.miners.at(2)).toMatchObject({ epochPassed: 1, audited: 1 });
    expect(world.finishEpoch().events.filter(({ type }) => type === 'taskPaid')).toHaveLength(3);
  });

  it('that fail it are failures like all others', () => {
    const world = replicaWorld(3);
    const receipts = replicas(world, 0, [95, 95, 20]);
    world.certify(...receipts);
    for (const [i, receipt] of receipts.entries()) audit(world, receipt, i === 2 ? softFailure : honest);
    expect(taskOf(world, receipts[2] as Receipt).status).toBe('rejected');
    expect(world.state.miners.at(2)).toMatchObject({ epochFailed: 1, cusumMilli: 3400 });
  });

  it('without evidence are rejected against a majority: a failure in the record, no case, no ejection', () => {
    const world = replicaWorld(3, { evidenceLevels: [2, 2, 0] });
    const receipts = replicas(world, 0, [95, 95, 20]);
    const { escrowUnits } = world.state.sessions.at(1);
    world.certify(...receipts);
    const { taskId } = receipts[2] as Receipt;
    expect(endOf(world, receipts[2] as Receipt)).toEqual({
      type: 'taskRejected',
      taskId,
      reason: 'outlier',
      refundedUnits: 100n,
    });
    expect(world.state.auditOf(taskId)).toBeUndefined();
    expect(world.state.sessions.at(1)).toMatchObject({ escrowUnits: escrowUnits - 200n, spentUnits: 200n });
    expect(world.state.miners.at(2)).toMatchObject({ rejected: 1, epochFailed: 1, streak: 0, cusumMilli: 0 });
    expect(world.state.cases.length).toBe(0);
  });

  it('without evidence and without a majority are refunded and nobody’s fault', () => {
    const world = replicaWorld(3, { evidenceLevels: [0, 0, 0] });
    const receipts = replicas(world, 0, [20, 20, 20]);
    world.certify(...receipts);
    for (const receipt of receipts) {
      expect(endOf(world, receipt)).toMatchObject({ type: 'taskRejected', reason: 'noMajority', refundedUnits: 100n });
    }
    expect(world.state.sessions.at(1)).toMatchObject({ escrowUnits: 100_000n, spentUnits: 0n });
    expect(Array.from(world.state.miners, ({ epochFailed }) => epochFailed)).toEqual([0, 0, 0, 0, 0]);
  });
});
