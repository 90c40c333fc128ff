import type { BodyValues, ResultCode } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { FEE, World } from '../testing/world.fixture.ts';

describe('bond economics §6.1', () => {
  it('moves base units of anyone into the collateral of a miner', () => {
    const world = new World().populate();
    expect(world.send('payer', 'bond', { kind: 'miner', role: 0, amountUnits: 7n })).toBe('OK');
    expect(world.state.miners.at(0).collateralUnits).toBe(1007n);
    expect(world.balance('payer')).toBe(1_000_000n - FEE - 100_000n - FEE - 7n);
  });

  it('adds to the stake of every other role', () => {
    const world = new World();
    for (const kind of ['mixer', 'oracle', 'validator', 'gateway'] as const) {
      expect(world.send('payer', 'bond', { kind, role: 0, amountUnits: 7n })).toBe('OK');
    }
    const { mixers, oracles, validators, gateways } = world.state;
    const stakes = [mixers, oracles, validators, gateways].map((table) => table.at(0).stakeUnits);
    expect(stakes).toEqual([1007n, 107n, 507n, 107n]);
  });

  it.each<[ResultCode, string, BodyValues['bond']]>([
    ['ZERO_AMOUNT', 'nothing', { kind: 'mixer', role: 0, amountUnits: 0n }],
    ['INSUFFICIENT_BALANCE', 'more than there is', { kind: 'mixer', role: 9, amountUnits: 1n << 60n }],
    ['UNKNOWN_ROLE', 'a role that is not there', { kind: 'mixer', role: 4, amountUnits: 1n }],
    ['UNKNOWN_ROLE', 'a backing', { kind: 'backing', role: 0, amountUnits: 1n }],
    ['UNKNOWN_ROLE', 'a delegation', { kind: 'delegation', role: 0, amountUnits: 1n }],
  ])('%s for %s', (code, _, body) => {
    expect(new World().send('payer', 'bond', body)).toBe(code);
  });
});
