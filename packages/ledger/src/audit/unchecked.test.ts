import type { LedgerEvent } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { auditRatePpb } from '../standing/trust.ts';
import { auditAll, drawnWorld } from '../testing/audits.fixture.ts';
import { honest, unchecked, World } from '../testing/world.fixture.ts';

describe('an engine that no auditor can run §10.13', () => {
  const refunded = (reason: 'noResult', taskId: Uint8Array): LedgerEvent => ({
    type: 'taskRejected',
    taskId,
    reason,
    refundedUnits: 100n,
  });

  it('no result because of the engine is owed and costs trust, for a time (§10.13)', () => {
    const { world, taskId, answer, ends } = drawnWorld({ audit: { newMinerTasks: 0, minRoutingTrustPpb: 1 } });
    answer(unchecked('otherEngine'), unchecked('otherEngine'));
    answer(unchecked('noResult'), unchecked('noResult'));
    expect(ends()).toEqual([refunded('noResult', taskId)]);
    expect(world.events).toContainEqual({ type: 'minerUnchecked', miner: 0, resultsOwed: 10 });
    const untouched = { audited: 0, rejected: 0, epochFailed: 0, cusumMilli: 0, streak: 0, level: 0 };
    expect(world.state.miners.at(0)).toMatchObject({ resultsOwed: 10, failedMicro: 1_000_000, ...untouched });
    const { audit } = world.state.params;
    expect(auditRatePpb(audit, { ...world.state.miners.at(0), trustPpb: 1_000_000_000 })).toBe(1_000_000_000);
    const next = world.receipt();
    world.certify(next);
    world.audit(next.taskId, new Map(world.auditorsOf(next.taskId).map((each) => [each, honest])));
    expect(world.state.miners.at(0).resultsOwed).toBe(9);
  });

  it('no result that one auditor alone puts on the engine is the auditors’', () => {
    const { world, answer } = drawnWorld();
    answer(unchecked('otherEngine'), unchecked('noResult'));
    answer(unchecked('noResult'), unchecked('noResult'));
    expect(world.state.miners.at(0)).toMatchObject({ resultsOwed: 0, failedMicro: 0 });
  });

  it.each([
    [2, 0n],
    [0, 1n],
  ])(
    'who owes fifty at evidence level %i has no weight, or what it had, until it registers again (§10.14)',
    (evidenceLevel, least) => {
      const world = new World({ audit: { newMinerTasks: 100 } }).populate();
      const { miner: _, ...offer } = { miner: 0, ...world.registration({ evidenceLevel }) };
      world.send('minerA', 'updateMiner', { ...offer, miner: 0 });
      world.finishEpoch();
      for (let i = 0; i < 5; i++) {
        const receipt = world.receipt();
        world.certify(receipt);
        auditAll(world, receipt.taskId, unchecked('otherEngine'));
      }
      expect(world.state.miners.at(0)).toMatchObject({ resultsOwed: 50 });
      expect(world.state.miners.standing(0).weight).toBeGreaterThan(0n);
      world.finishEpoch();
      const { weight } = world.state.miners.standing(0);
      expect(weight > 0n ? 1n : 0n).toBe(least);
      world.send('minerA', 'updateMiner', { ...offer, miner: 0 });
      world.finishEpoch();
      expect(world.state.miners.at(0)).toMatchObject({ resultsOwed: 49 });
      expect(world.state.miners.standing(0).weight).toBeGreaterThan(0n);
    },
  );
});
