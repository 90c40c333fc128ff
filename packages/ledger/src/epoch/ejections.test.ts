import { caseCauses, caseStatuses, type Params, roleStatuses, stakeKinds, taskKinds } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { drawTable, eligibleMiners } from '../draw.ts';
import { worldParams } from '../params.fixture.ts';
import { hardFailure, honest, softFailure, type World } from '../world.fixture.ts';
import { newWorld, work } from './levels.fixture.ts';

const drawable = (world: World) => {
  const place = { kind: taskKinds.user, domain: 0, model: 0, payer: world.address('payer') };
  const request = { ...place, dedicatedMiners: [], taskId: new Uint8Array(32), drawHeight: world.height };
  return eligibleMiners(drawTable(world.state), request).map(({ miner }) => miner);
};

describe('ejection (verification §4.5)', () => {
  it('comes at the end of the epoch in which the evidence was enough', () => {
    const world = newWorld();
    work(world, hardFailure, hardFailure, hardFailure, honest);
    expect(world.state.miners.at(0).cusumMilli).toBe(18_000);
    expect(drawable(world)).toEqual([0]);
    const { events } = world.finishEpoch();
    const evidence = { cusumMilli: 18_000, hardFailures: 3 };
    expect(events).toContainEqual({ type: 'minerEjected', miner: 0, ...evidence, returnedUnits: 900n });
    expect(world.state.miners.at(0)).toMatchObject({ status: roleStatuses.ejected, weight: 0n });
    expect(drawable(world)).toEqual([]);
    expect(world.finishEpoch().events.some(({ type }) => type === 'minerEjected')).toBe(false);
  });

  it('costs the emission of the epoch, not what users paid for approved work', () => {
    const world = newWorld();
    work(world, honest, hardFailure, hardFailure, hardFailure);
    const close = world.finishEpoch().events.find((event) => event.type === 'epochClosed')?.close;
    expect(close?.scores).toEqual([]);
    const sources = close?.payouts.filter(({ kind }) => kind === 'miner').map(({ source }) => source);
    expect(sources).toEqual(['revenue', 'revenue']);
  });

  it('leaves miners alone whose evidence is not enough', () => {
    const world = newWorld();
    work(world, hardFailure, hardFailure);
    world.finishEpoch();
    expect(world.state.miners.at(0)).toMatchObject({ status: roleStatuses.active, cusumMilli: 12_000 });
    expect(drawable(world)).toEqual([0]);
  });

  it('holds a part of the collateral when the evidence is hard, and sends the rest back (economics §6.8)', () => {
    const world = newWorld();
    work(world, hardFailure, hardFailure, hardFailure);
    world.finishEpoch();
    expect(world.state.miners.at(0).collateralUnits).toBe(0n);
    expect(world.state.cases.at(0)).toMatchObject({
      ...{ cause: caseCauses.ejection, status: caseStatuses.review, proposedUnits: 100n, heldUnits: 100n },
    });
    expect(world.state.unbonding.at(0)).toMatchObject({ units: 900n, releaseEpoch: 2 });
    const before = world.balance('owner');
    for (let epoch = 0; epoch < 3; epoch++) world.finishEpoch();
    expect(world.balance('owner')).toBe(before + 900n);
    // Nobody decided: what was held is the owner's again.
    expect(world.state.miners.at(0).collateralUnits).toBe(100n);
    expect(world.send('owner', 'unbond', { kind: stakeKinds.miner, role: 0, amountUnits: 100n })).toBe('OK');
  });

  it.each<[Partial<Params['cases']>, bigint, bigint]>([
    [{}, 0n, 1000n],
    [{ ejectionReturnPpb: 940_000_000 }, 60n, 940n],
    // The cap of a case holds for this one as well.
    [{ ejectionReturnPpb: 0 }, 100n, 900n],
  ])('gives back what it says when the evidence is soft (B8): %o', (change, heldUnits, returnedUnits) => {
    const world = newWorld({ ...worldParams.cases, ...change });
    work(world, ...Array<typeof softFailure>(5).fill(softFailure));
    const { events } = world.finishEpoch();
    const evidence = { cusumMilli: 17_000, hardFailures: 0 };
    expect(events).toContainEqual({ type: 'minerEjected', miner: 0, ...evidence, returnedUnits });
    expect(world.state.cases.get(0)?.heldUnits ?? 0n).toBe(heldUnits);
  });

  it('takes the part it holds in phase 2, unless it is appealed', () => {
    const world = newWorld({ ...worldParams.cases, foundationReview: false, appealEpochs: 1 });
    work(world, hardFailure, hardFailure, hardFailure);
    world.finishEpoch();
    world.finishEpoch();
    expect(world.events).toContainEqual({
      ...{ type: 'caseExecuted', case: 0, by: 'time', fineUnits: 100n, rewards: [], burnedUnits: 100n },
    });
  });

  it('ejects nobody while the evidence is in doubt, and forgets it when that is dismissed (§10.8)', () => {
    const cases = { ...worldParams.cases, gainPpb: 600_000_000, breakerMinFailing: 1, reviewEpochs: 1 };
    const world = newWorld(cases);
    work(world, hardFailure, hardFailure, hardFailure);
    const { events } = world.finishEpoch();
    expect(events.some(({ type }) => type === 'penaltiesFrozen')).toBe(true);
    expect(world.state.miners.at(0)).toMatchObject({ status: roleStatuses.active, cusumMilli: 18_000 });
    world.finishEpoch();
    expect(world.state.miners.at(0)).toMatchObject({
      ...{ status: roleStatuses.active, cusumMilli: 0, hardFailures: 0, collateralUnits: 1000n },
    });
  });
});
