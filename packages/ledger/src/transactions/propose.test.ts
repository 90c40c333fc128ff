import type { BodyValues, ResultCode } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { World } from '../testing/world.fixture.ts';

describe('propose §12.1', () => {
  it.each<[ResultCode, string, string]>([
    ['OK', 'audit.floorPpb', '50000000'],
    ['OK', 'emissionPerDayUnits', '"5"'],
    ['UNKNOWN_PARAMETER', 'audit.floor', '1'],
    ['UNKNOWN_PARAMETER', 'audit.floorPpb.x', '1'],
    ['UNKNOWN_PARAMETER', '', '1'],
    ['UNKNOWN_PARAMETER', '__proto__', '{}'],
    ['FIXED_PARAMETER', 'epochBlocks', '64'],
    ['FIXED_PARAMETER', 'audit', '{}'],
    ['BAD_PARAMETER_VALUE', 'audit.floorPpb', '0.5'],
    ['BAD_PARAMETER_VALUE', 'audit.floorPpb', '"5"'],
    ['BAD_PARAMETER_VALUE', 'audit.floorPpb', '-1'],
    ['BAD_PARAMETER_VALUE', 'audit.floorPpb', 'five'],
    ['BAD_PARAMETER_VALUE', 'audit.floorPpb', ''],
    ['BAD_PARAMETER_VALUE', 'emissionPerDayUnits', '5'],
    ['BAD_PARAMETER_VALUE', 'stacks', '{"minersBps":10000}'],
    ['BAD_PARAMETER_VALUE', 'stacks', 'null'],
    ['PARAMETER_OUT_OF_BOUNDS', 'audit.floorPpb', '1000000001'],
    ['PARAMETER_OUT_OF_BOUNDS', 'audit.floorPpb', '0'],
    // The stacks would not add up any more.
    ['PARAMETER_OUT_OF_BOUNDS', 'stacks.minersBps', '5000'],
  ])('%s for %s = %s', (code, path, value) => {
    const world = new World();
    const action = { kind: 'parameterChange' as const, value: { path: path, value: value } };
    expect(world.send('payer', 'propose', { action })).toBe(code);
    expect(world.state.proposals.length).toBe(code === 'OK' ? 1 : 0);
  });

  it('locks the deposit, which the sender must hold beside the fee', () => {
    const world = new World({ balanceUnits: 509n });
    const body: BodyValues['propose'] = {
      action: { kind: 'treasurySpend', value: { to: new Uint8Array(20).fill(120), amountUnits: 1n } },
    };
    expect(world.send('payer', 'propose', body)).toBe('INSUFFICIENT_BALANCE');
    const rich = new World({ balanceUnits: 510n });
    expect(rich.send('payer', 'propose', body)).toBe('OK');
    expect(rich.balance('payer')).toBe(0n);
    expect(rich.state.proposals.at(0)).toMatchObject({ depositUnits: 500n, endEpoch: 2, executeEpoch: 3 });
  });

  it('asks for a spend above zero', () => {
    const world = new World();
    const action = { kind: 'treasurySpend' as const, value: { to: world.address('owner'), amountUnits: 0n } };
    expect(world.send('payer', 'propose', { action })).toBe('ZERO_AMOUNT');
  });
});
