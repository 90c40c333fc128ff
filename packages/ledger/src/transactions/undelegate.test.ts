import type { ResultCode } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { FEE, World } from '../testing/world.fixture.ts';

const delegatedWorld = () => {
  const world = new World().populate();
  world.block(world.tx('otherPayer', 'delegate', { miner: 0, amountUnits: 42n }));
  return world;
};

describe('undelegate economics §6.2', () => {
  it('gives the stake back after it was locked, and forgets an empty delegation', () => {
    const world = delegatedWorld();
    expect(world.send('otherPayer', 'undelegate', { miner: 0, amountUnits: 42n })).toBe('OK');
    expect(world.state.miners.at(0).delegatedUnits).toBe(0n);
    expect(world.state.delegations.length).toBe(1);
    const before = world.balance('otherPayer');
    world.finishEpoch();
    expect(world.state.delegations.length).toBe(0);
    world.finishEpoch();
    expect(world.balance('otherPayer')).toBe(before);
    const { events } = world.finishEpoch();
    expect(world.balance('otherPayer')).toBe(before + 42n);
    const account = world.address('otherPayer');
    expect(events).toContainEqual({ type: 'unbonded', account, kind: 'delegation', role: 0, units: 42n });
  });

  it('leaves others’ delegations where they are', () => {
    const world = delegatedWorld();
    world.block(world.tx('payer', 'delegate', { miner: 0, amountUnits: 8n }));
    world.block(world.tx('otherPayer', 'undelegate', { miner: 0, amountUnits: 42n }));
    world.finishEpoch();
    expect(world.state.miners.at(0).delegatedUnits).toBe(8n);
    expect(world.state.delegationOf(world.address('payer'), 0)).toBe(0);
    expect(world.send('payer', 'undelegate', { miner: 0, amountUnits: 8n })).toBe('OK');
  });

  it.each<[ResultCode, { miner: number; amountUnits: bigint }]>([
    ['ZERO_AMOUNT', { miner: 0, amountUnits: 0n }],
    ['UNKNOWN_ROLE', { miner: 1, amountUnits: 1n }],
    ['STAKE_TOO_LOW', { miner: 0, amountUnits: 43n }],
    ['OK', { miner: 0, amountUnits: 41n }],
  ])('%s for %o', (code, body) => {
    expect(delegatedWorld().send('otherPayer', 'undelegate', body)).toBe(code);
  });

  it('is refused to who never delegated', () => {
    const world = delegatedWorld();
    const before = world.balance('payer');
    expect(world.send('payer', 'undelegate', { miner: 0, amountUnits: 1n })).toBe('STAKE_TOO_LOW');
    expect(world.balance('payer')).toBe(before - FEE);
  });
});
