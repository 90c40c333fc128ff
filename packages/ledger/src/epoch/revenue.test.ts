import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { honest, World } from '../testing/world.fixture.ts';
import { revenueParts } from './revenue.ts';

const domain = { burnBps: 500, processorsBps: 300, validatorsBps: 500, domainBps: 200 };

/** A world with one approved task of 1,000 base units: 100 tokens in at 2, 200 out at 4. */
function approvedWorld(): World {
  const world = new World({ balanceUnits: 2_000_000n }).populate();
  const receipt = world.receipt({ tokensIn: 100, tokensOut: 200 });
  world.certify(receipt);
  world.audit(receipt.taskId, new Map(world.auditorsOf(receipt.taskId).map((auditor) => [auditor, honest])));
  return world;
}

describe('revenue (economics §2)', () => {
  it('splits 1,000 base units as the worked example (economics §5.2)', () => {
    expect(revenueParts(1000n, domain, { royaltyBps: 1000 })).toEqual({
      burnUnits: 50n,
      processorsUnits: 30n,
      creatorsUnits: 100n,
      validatorsUnits: 50n,
      domainUnits: 20n,
      minersUnits: 750n,
    });
  });

  it('always adds up to the price', () => {
    const bps = fc.nat(2000);
    const splits = fc.record({ burnBps: bps, processorsBps: bps, validatorsBps: bps, domainBps: bps });
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), splits, bps, (price, terms, royaltyBps) => {
        const parts = Object.values(revenueParts(price, terms, { royaltyBps }));
        expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(price);
      }),
    );
  });

  it('pays everybody when the epoch closes, and burns its part', () => {
    const world = approvedWorld();
    const { events } = world.finishEpoch();
    const close = events.find((event) => event.type === 'epochClosed')?.close;
    expect(close).toMatchObject({ epoch: 0, revenueUnits: 1000n, burnedUnits: 50n });
    expect(world.state.globals.burnedUnits).toBe(50n);
    const revenue = close?.payouts.filter((payout) => payout.source === 'revenue');
    const auditors = close?.pools.find((pool) => pool.stack === 'validators')?.shares ?? [];
    const paid = auditors.filter(({ units }) => units > 0n);
    expect(paid.map(({ weight, units }) => [weight, units])).toEqual([
      [1n, 25n],
      [1n, 25n],
    ]);
    expect(revenue?.map(({ stack, role, units }) => [stack, role, units])).toEqual([
      ['gateways', 0, 30n],
      ['domain', 0, 20n],
      // Of 750: operator 50 %, owner 35 % and the stakers' 15 %.
      ['miners', 0, 375n],
      ['miners', 0, 375n],
      ...paid.map(({ role }) => ['validators', role, 25n]),
      ['creators', 0, 100n],
    ]);
    expect(world.balance('creator')).toBeGreaterThanOrEqual(2_000_100n);
    expect(world.state.tasks.at(0).pendingUnits).toBe(0n);
  });

  it('pays a task once', () => {
    const world = approvedWorld();
    world.finishEpoch();
    const before = world.balance('creator');
    const { events } = world.finishEpoch();
    expect(events.some((event) => event.type === 'taskPaid')).toBe(false);
    expect(world.balance('creator')).toBe(before);
  });

  it('divides the validators’ part by stake when nobody audited', () => {
    const world = new World({
      validators: 3,
      audit: { newMinerTasks: 1, minRoutingTrustPpb: 1, floorPpb: 0 },
    }).populate();
    const receipts = Array.from({ length: 60 }, () => world.receipt());
    world.certify(...receipts);
    const pairs = receipts.flatMap(({ taskId }) =>
      world.auditorsOf(taskId).map((auditor) => world.auditPair(auditor, taskId, honest)),
    );
    world.block(...pairs.map((pair) => pair.commit()));
    world.block(...pairs.map((pair) => pair.reveal()));
    world.finishEpoch();
    // At this trust about one task in twenty is still audited: another is asked then.
    let receipt = world.receipt({ tokensIn: 100, tokensOut: 200 });
    world.certify(receipt);
    while (world.state.auditOf(receipt.taskId) !== undefined) {
      receipt = world.receipt({ tokensIn: 100, tokensOut: 200 });
      world.certify(receipt);
    }
    expect(world.events).toContainEqual({ type: 'taskApproved', taskId: receipt.taskId, audited: false });
    const { events } = world.finishEpoch();
    const close = events.find((event) => event.type === 'epochClosed')?.close;
    const pool = close?.pools.find((each) => each.stack === 'validators');
    expect(pool?.shares).toMatchObject([
      { role: 0, weight: 500n, units: 17n },
      { role: 1, weight: 500n, units: 17n },
      { role: 2, weight: 500n, units: 16n },
    ]);
  });
});
