import { describe, expect, it } from 'vitest';
import { FEE, World } from '../testing/world.fixture.ts';

describe('transfer', () => {
  it('moves all that is left after the fee, and not one base unit more', () => {
    const world = new World();
    const to = world.address('owner');
    expect(world.send('payer', 'transfer', { to, amountUnits: 1_000_000n - FEE + 1n })).toBe('INSUFFICIENT_BALANCE');
    expect(world.send('payer', 'transfer', { to, amountUnits: 1_000_000n - 2n * FEE })).toBe('OK');
    expect(world.balance('payer')).toBe(0n);
    expect(world.balance('owner')).toBe(2_000_000n - 2n * FEE);
  });

  it('opens the account of a new address', () => {
    const world = new World();
    const before = world.state.accounts.length;
    expect(world.send('payer', 'transfer', { to: world.address('stranger0'), amountUnits: 7n })).toBe('OK');
    expect(world.balance('stranger0')).toBe(7n);
    expect(world.state.accounts.length).toBe(before + 1);
  });

  it('to oneself costs the fee alone', () => {
    const world = new World();
    expect(world.send('payer', 'transfer', { to: world.address('payer'), amountUnits: 999n })).toBe('OK');
    expect(world.balance('payer')).toBe(1_000_000n - FEE);
  });

  it('moves something', () => {
    const world = new World();
    expect(world.send('payer', 'transfer', { to: world.address('owner'), amountUnits: 0n })).toBe('ZERO_AMOUNT');
  });
});
