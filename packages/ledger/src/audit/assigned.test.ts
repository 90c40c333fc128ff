import { describe, expect, it } from 'vitest';
import { auditAll } from '../testing/audits.fixture.ts';
import { FEE, honest, softFailure, World } from '../testing/world.fixture.ts';

/** A world with miner 0, session 0 and session 1, which is dedicated to that miner. */
function dedicatedWorld(priceOutUnits = 4n): World {
  const world = new World({
    params: { epochBlocks: 64 },
    edit: (genesis) => ({
      ...genesis,
      models: genesis.models.map((model) => ({
        ...model,
        priceInUnits: priceOutUnits === 0n ? 0n : 2n,
        priceOutUnits,
      })),
    }),
  }).populate();
  world.send('payer', 'openSession', world.session({ dedicatedMiners: [0] }));
  return world;
}

function work(world: World, session: number, numbers = honest): Uint8Array {
  const receipt = world.receipt({ session });
  world.certify(receipt);
  auditAll(world, receipt.taskId, numbers);
  return receipt.taskId;
}

describe('work the network did not assign (economics §7.3)', () => {
  it('is paid for and counts for nothing else', () => {
    const world = dedicatedWorld();
    const landlord = world.balance('landlord');
    work(world, 1);
    expect(world.state.miners.at(0)).toMatchObject({ epochVwu: 0n, epochTokens: 0n, epochTasks: 0, tasks: 1 });
    expect(world.state.models.at(0)).toMatchObject({ epochVwu: 0n, epochPassed: 0 });
    expect(world.state.gateways.at(0).epochDuties).toBe(0);
    const close = world.finishEpoch().events.find((event) => event.type === 'epochClosed')?.close;
    expect(close?.scores).toEqual([]);
    // 2 % of 100 for the domain.
    expect(world.balance('landlord')).toBe(landlord + 2n);
    expect(close?.revenueUnits).toBe(100n);
  });

  it('leaves a pass out of the miner’s record, and a failure in it', () => {
    const world = dedicatedWorld();
    work(world, 1);
    expect(world.state.miners.at(0)).toMatchObject({ audited: 0, epochPassed: 0, streak: 0 });
    work(world, 1, softFailure);
    expect(world.state.miners.at(0)).toMatchObject({ audited: 1, epochFailed: 1, rejected: 1, cusumMilli: 3400 });
  });

  it('cannot be rated', () => {
    const world = dedicatedWorld();
    const taskId = work(world, 1);
    const before = world.balance('payer');
    expect(world.send('payer', 'feedback', { taskId, rating: 5 })).toBe('NOT_ASSIGNED');
    expect(world.balance('payer')).toBe(before - FEE);
  });

  it('is joined by work that nobody paid for', () => {
    const world = dedicatedWorld(0n);
    work(world, 0);
    expect(world.state.miners.at(0)).toMatchObject({ epochVwu: 0n, epochPassed: 1 });
  });

  it('is also what a mixer gave to a rank of the draw of its choice: more than late steps explain', () => {
    const world = dedicatedWorld();
    const countedAt = (rank: number, lateSteps = 0) => {
      const before = world.state.miners.standing(0).epochTasks;
      const receipt = world.receipt({ rank });
      const transitions = Array.from({ length: lateSteps }, (_, attempt) => world.transition(receipt, { attempt }));
      world.block(world.batchTx({ records: { transitions } }));
      world.certify(receipt);
      auditAll(world, receipt.taskId, honest);
      return world.state.miners.standing(0).epochTasks - before;
    };
    expect([countedAt(0), countedAt(1), countedAt(2), countedAt(3)]).toEqual([1, 1, 0, 0]);
    expect([countedAt(2, 1), countedAt(3, 1), countedAt(3, 2)]).toEqual([1, 0, 1]);
  });
});
