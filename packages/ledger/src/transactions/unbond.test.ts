import type { BodyValues, ResultCode } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { FEE, type Sender, World } from '../testing/world.fixture.ts';

const validator = { kind: 'validator' as const, role: 1 };

describe('unbond economics §6.1', () => {
  it('locks what was taken out for two epochs after the one it was taken in', () => {
    const world = new World({ params: { emissionPerDayUnits: 0n } });
    world.block(world.tx('payer', 'transfer', { to: world.address('validator1'), amountUnits: FEE }));
    expect(world.send('validator1', 'unbond', { ...validator, amountUnits: 100n })).toBe('OK');
    expect(world.state.validators.at(1).stakeUnits).toBe(400n);
    expect(world.state.unbonding.at(0)).toMatchObject({ units: 100n, releaseEpoch: 2, role: 1 });
    for (const epoch of [0, 1]) {
      expect(world.state.globals.epoch).toBe(epoch);
      world.finishEpoch();
      expect(world.balance('validator1')).toBe(0n);
    }
    const { events } = world.finishEpoch();
    expect(world.balance('validator1')).toBe(100n);
    expect(world.state.unbonding.length).toBe(0);
    const account = world.address('validator1');
    expect(events).toContainEqual({ type: 'unbonded', account, kind: 'validator', role: 1, units: 100n });
  });

  it('gives a miner’s collateral to its owner', () => {
    const world = new World().populate();
    world.block(world.tx('payer', 'bond', { kind: 'miner', role: 0, amountUnits: 50n }));
    expect(world.send('owner', 'unbond', { kind: 'miner', role: 0, amountUnits: 50n })).toBe('OK');
    const before = world.balance('owner');
    for (let epoch = 0; epoch < 3; epoch++) world.finishEpoch();
    expect(world.balance('owner')).toBe(before + 50n);
  });

  it.each<[ResultCode, string, Sender, BodyValues['unbond']]>([
    ['ZERO_AMOUNT', 'nothing', 'owner', { kind: 'miner', role: 0, amountUnits: 0n }],
    ['UNKNOWN_ROLE', 'no miner', 'owner', { kind: 'miner', role: 1, amountUnits: 1n }],
    ['NOT_OWNER', 'the operator', 'minerA', { kind: 'miner', role: 0, amountUnits: 1n << 60n }],
    ['STAKE_TOO_LOW', 'less than the domain asks for', 'owner', { kind: 'miner', role: 0, amountUnits: 1n }],
    ['STAKE_TOO_LOW', 'more than there is', 'owner', { kind: 'miner', role: 0, amountUnits: 1n << 60n }],
  ])('%s for %s', (code, _, sender, body) => {
    expect(new World().populate().send(sender, 'unbond', body)).toBe(code);
  });

  it('leaves a role its least stake', () => {
    const world = new World();
    world.block(world.tx('payer', 'transfer', { to: world.address('validator1'), amountUnits: 5n * FEE }));
    expect(world.send('validator1', 'unbond', { ...validator, amountUnits: 101n })).toBe('STAKE_TOO_LOW');
    expect(world.send('validator1', 'unbond', { ...validator, amountUnits: 100n })).toBe('OK');
  });
});
