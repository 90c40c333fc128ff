import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { auditAll } from '../testing/audits.fixture.ts';
import { hardFailure, honest, World } from '../testing/world.fixture.ts';
import { endsEpoch } from './close.ts';

const sha256 = (...parts: Uint8Array[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

/** Certifies a task and lets every auditor it needs give the same numbers. */
function auditedTask(world: World, numbers = honest): Uint8Array {
  const { taskId, ...rest } = world.receipt();
  world.certify({ taskId, ...rest });
  auditAll(world, taskId, numbers);
  return taskId;
}

describe('end of an epoch §2.1, §2.3', () => {
  it('comes with the last block of [e·16, (e+1)·16)', () => {
    const ends = [0, 14, 15, 16, 30, 31].map((height) => endsEpoch({ epochBlocks: 16 }, height));
    expect(ends).toEqual([false, false, true, false, false, true]);
    const world = new World();
    world.finishEpoch();
    expect(world.height).toBe(15);
    expect(world.state.globals).toMatchObject({ epoch: 1, epochStartMs: world.state.globals.timeMs });
    world.finishEpoch();
    expect(world.height).toBe(31);
  });

  it('fixes the beacon the next epoch draws with (§9.2)', () => {
    const world = new World();
    world.block(world.batchTx());
    world.finishEpoch();
    const { beacon, epochBeacon } = world.state.globals;
    expect(epochBeacon).toEqual(sha256(beacon, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0)));
    world.block(world.batchTx());
    expect(world.state.globals.beacon).not.toEqual(beacon);
    expect(world.state.globals.epochBeacon).toEqual(epochBeacon);
  });

  it('moves trust and routing weight only then', () => {
    const world = new World().populate();
    const { weight } = world.state.miners.standing(0);
    auditedTask(world);
    expect(world.state.miners.at(0)).toMatchObject({ trustPpb: 0, weight, epochPassed: 1 });
    const { events } = world.finishEpoch();
    const { trustPpb, ...row } = world.state.miners.standing(0);
    // One pass and the prior failure: (½ + z²/4 − z·√(1/8 + z²/16)) / (1 + z²/2) with n = 2 is 0.12085198.
    expect(trustPpb).toBe(120_851_980);
    expect(row).toMatchObject({ passedMicro: 1_000_000, failedMicro: 0, epochPassed: 0 });
    expect(row.weight).toBe(120_851_980n * 2000n);
    expect(events).toContainEqual({ type: 'trustChanged', miner: 0, fromPpb: 0, toPpb: trustPpb });
  });

  it('holds the trust of a miner without logprobs at 0.7', () => {
    const world = new World({ params: { epochBlocks: 128 } });
    world.block(
      world.tx('minerA', 'registerMiner', world.registration({ evidenceLevel: 0 })),
      world.tx('payer', 'openSession', world.session()),
    );
    world.block();
    for (let i = 0; i < 14; i++) auditedTask(world);
    world.finishEpoch();
    expect(world.state.miners.at(0)).toMatchObject({ passedMicro: 14_000_000, trustPpb: 700_000_000 });
  });

  it('forgets old audits by half in fourteen epochs', () => {
    const world = new World().populate();
    auditedTask(world);
    for (let epoch = 0; epoch <= 14; epoch++) world.finishEpoch();
    const { passedMicro } = world.state.miners.standing(0);
    expect(Math.abs(passedMicro - 500_000)).toBeLessThan(20);
  });

  it('lets a cheat fall and leaves it unpaid, and the honest untouched', () => {
    const world = new World({ audit: { newMinerTasks: 9 } }).populate();
    world.send('minerB', 'registerMiner', world.registration());
    for (let i = 0; i < 2; i++) auditedTask(world);
    world.finishEpoch();
    const before = world.state.miners.standing(0).trustPpb;
    const rejected = auditedTask(world, hardFailure);
    const { events } = world.finishEpoch();
    expect(world.state.miners.standing(0).trustPpb).toBeLessThan(before);
    expect(events.filter((event) => event.type === 'taskPaid')).toEqual([]);
    expect(world.events).toContainEqual({
      type: 'taskRejected',
      taskId: rejected,
      reason: 'hard',
      refundedUnits: 100n,
    });
    expect(world.state.miners.at(1)).toMatchObject({ trustPpb: 0, rejected: 0 });
  });

  it('starts every count from zero', () => {
    const world = new World().populate();
    auditedTask(world);
    world.finishEpoch();
    expect(world.state.miners.at(0)).toMatchObject({ epochVwu: 0n, epochPassed: 0, tasks: 1, audited: 1 });
    expect(world.state.models.at(0).epochVwu).toBe(0n);
    const duties = [...world.state.mixers, ...world.state.validators, ...world.state.gateways];
    expect(duties.every((row) => row.epochDuties === 0)).toBe(true);
  });

  it('keeps what it paid in the state until the next one pays (§2.9, A7)', () => {
    const world = new World().populate();
    auditedTask(world);
    for (const epoch of [0, 1]) {
      const close = world.finishEpoch().events.find((event) => event.type === 'epochClosed')?.close;
      const paid = close?.payouts.map(({ account, source, stack, kind, role, units }) => {
        const codes = {
          source,
          stack,
          kind: kind ?? 'treasury',
        };
        return { epoch, account, ...codes, role: role ?? 0, units };
      });
      expect(paid?.length).toBeGreaterThan(5);
      expect([...world.state.payouts]).toEqual(paid);
    }
  });

  it('keeps a settled task for two receipt lifetimes after its draw, then forgets it and its audit', () => {
    const world = new World({ audit: { commitBlocks: 40 } }).populate();
    const taskId = auditedTask(world);
    world.finishEpoch();
    expect(world.state.tasks.at(0).status).toBe('settled');
    expect(world.state.taskOf(taskId)).toBe(0);
    const open = world.receipt();
    world.certify(open);
    world.finishEpoch();
    expect(world.state.taskOf(taskId)).toBeUndefined();
    expect(world.state.auditOf(taskId)).toBeUndefined();
    expect(world.state.taskOf(open.taskId)).toBe(0);
    expect(world.state.tasks.length).toBe(1);
    const [auditor = 9] = world.auditorsOf(open.taskId);
    expect(world.state.audits.at(0).taskId).toEqual(open.taskId);
    expect(auditor).toBeLessThan(4);
  });
});
