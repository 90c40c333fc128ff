import { roleStatuses, stakeKinds, taskKinds } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { drawTable, eligibleMiners } from '../draw.ts';
import { hardFailure, honest, type World } from '../world.fixture.ts';
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
    expect(events).toContainEqual({ type: 'minerEjected', miner: 0, cusumMilli: 18_000 });
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

  it('frees the collateral, which then may be taken out whole', () => {
    const world = newWorld();
    work(world, hardFailure, hardFailure, hardFailure);
    const all = { kind: stakeKinds.miner, role: 0, amountUnits: 1000n };
    expect(world.send('owner', 'unbond', all)).toBe('STAKE_TOO_LOW');
    world.finishEpoch();
    expect(world.send('owner', 'unbond', all)).toBe('OK');
    expect(world.state.miners.at(0).collateralUnits).toBe(0n);
  });
});
