import { type Globals, limits, State, type StateValue, type TaskRow } from '@assay/protocol';
import { littleEndian, sha256 } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../block/ledger.ts';
import { auditAll } from '../testing/audits.fixture.ts';
import { honest, World } from '../testing/world.fixture.ts';

const idOf = (number: number) => sha256(littleEndian(number, 8));

/** A world right after a block, in whose state `change` has put rows. */
function worldWith(world: World, change: (state: StateValue) => StateValue): World {
  world.ledger = Ledger.fromSnapshot(State.serialize(change(State.deserialize(world.ledger.snapshot()))));
  return world;
}

/** How many rows of each prunable kind a world holds. */
const counts = ({ state }: World) =>
  [state.tasks, state.audits, state.disputes, state.transitions].map((each) => each.length);
const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);

/** A world with thousands of settled tasks, every other audited, and late steps, which all are over with the epoch. */
function crowdedWorld({ tasks = 5000, transitions = 1500 } = {}): World {
  const world = new World({ params: { epochBlocks: 32, receiptLifetimeBlocks: 4 } }).populate();
  const receipt = world.receipt();
  world.certify(receipt);
  auditAll(world, receipt.taskId, honest);
  world.block(world.batchTx({ records: { transitions: [world.transition(world.receipt())] } }));
  return worldWith(world, (state) => {
    const [task] = state.tasks as TaskRow[];
    const [audit] = state.audits;
    const [late] = state.transitions;
    if (task === undefined || audit === undefined || late === undefined) throw new Error('nothing to repeat');
    const many = Array.from({ length: tasks }, (_, i) => ({
      ...task,
      taskId: idOf(i),
      status: 'settled',
      pendingUnits: 0n,
    }));
    return {
      ...state,
      tasks: [...(many as TaskRow[]), task],
      audits: [...many.filter((_, i) => i % 2 === 0).map(({ taskId }) => ({ ...audit, taskId })), audit],
      disputes: many.slice(0, 100).map(({ taskId }) => ({ taskId, knownTaskId: taskId, requestHash: taskId })),
      transitions: Array.from({ length: transitions }, (_, i) => ({ ...late, taskId: idOf(i) })),
    };
  });
}

describe('mass expiry §2.5', () => {
  it('forgets a thousand rows a block and the rest in the next, as does a node that begins in between', () => {
    const world = crowdedWorld();
    const other = new World({ params: { epochBlocks: 32, receiptLifetimeBlocks: 4 } });
    const all = sum(counts(world));
    expect(all).toBeGreaterThan(9000);
    while (world.state.globals.epoch === 0) {
      expect(sum(counts(world))).toBe(all);
      world.block();
    }
    // The first thousand leave in the block that settles the epoch.
    let before = all;
    let blocks = 0;
    for (let held = sum(counts(world)); held < before; held = sum(counts(world))) {
      expect(before - held).toBeLessThanOrEqual(limits.maxPrunedRows);
      // A task leaves with its audit and its dispute, or not yet.
      if (held > 0) expect(before - held).toBeGreaterThan(limits.maxPrunedRows - 3);
      before = held;
      other.ledger = Ledger.fromSnapshot(world.ledger.snapshot());
      const next = world.block();
      expect(other.block().stateRoot).toEqual(next.stateRoot);
      blocks++;
    }
    expect(blocks).toBe(Math.ceil(all / limits.maxPrunedRows));
    expect(counts(world)).toEqual([0, 0, 0, 0]);
    expect(world.state.globals).toMatchObject({ prunedEpochs: 1, settledEpochs: 1 } satisfies Partial<Globals>);
  });

  it('goes on while the next epoch is settled, which pays all the same', () => {
    const world = crowdedWorld({ tasks: 40_000, transitions: 0 });
    while (world.state.globals.epoch === 0) world.block();
    const receipt = world.receipt();
    world.certify(receipt);
    auditAll(world, receipt.taskId, honest);
    while (world.state.globals.epoch === 1) world.block();
    expect(world.state.tasks.length).toBeGreaterThan(1000);
    const paid = world.events.flatMap((event) => (event.type === 'taskPaid' ? [event.taskId] : []));
    expect(paid).toContainEqual(receipt.taskId);
    expect(world.state.tasks.at(world.state.taskOf(receipt.taskId) ?? -1)).toMatchObject({ status: 'settled' });
    while (world.state.globals.prunedEpochs < 2) world.block();
    expect(world.state.tasks.length).toBeLessThanOrEqual(1);
  });

  it('keeps what is not paid yet, wherever it stands, until it is', () => {
    const world = worldWith(crowdedWorld({ tasks: 3000, transitions: 0 }), (state) => ({
      ...state,
      tasks: (state.tasks as TaskRow[]).map((task, i) => (i % 10 === 3 ? { ...task, status: 'approved' } : task)),
    }));
    const open = new Set(
      [...world.state.tasks].flatMap(({ taskId, status }) => (status === 'approved' ? [String(taskId)] : [])),
    );
    expect(open.size).toBeGreaterThan(290);
    while (world.state.globals.epoch === 0) world.block();
    const paid = world.events.flatMap((event) => (event.type === 'taskPaid' ? [String(event.taskId)] : []));
    expect(new Set(paid)).toEqual(open);
    while (world.state.globals.prunedEpochs < 1) world.block();
    expect(counts(world)).toEqual([0, 0, 0, 0]);
  });
});
