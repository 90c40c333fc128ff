import { describe, expect, it } from 'vitest';
import { mixerTerms } from '../testing/roles.fixture.ts';
import { FEE, realKeys, World } from '../testing/world.fixture.ts';

const register = (world: World, change: Parameters<typeof mixerTerms>[1] = {}) =>
  world.send('payer', 'registerMixer', mixerTerms(world, change));

describe('registerMixer §3.1', () => {
  it('takes a mixer with its stake, owned by the sender', () => {
    const world = new World();
    expect(register(world)).toBe('OK');
    expect(world.balance('payer')).toBe(1_000_000n - FEE - 1000n);
    const { publicKey, address } = world.key('stranger9');
    const account = world.address('payer');
    expect(world.state.mixers.at(4)).toMatchObject({
      account,
      operator: address,
      publicKey,
      stakeUnits: 1000n,
      nextSequence: 0,
      blsPublicKey: world.committeeKey('stranger9').publicKey,
    });
    expect(world.events).toEqual([{ type: 'roleRegistered', kind: 'mixer', role: 4, account }]);
  });

  it('asks for the least stake, and a key of its own', () => {
    const world = new World();
    expect(register(world, { stakeUnits: 1_000_000n })).toBe('INSUFFICIENT_BALANCE');
    expect(register(world, { stakeUnits: 799n })).toBe('STAKE_TOO_LOW');
    expect(register(world, { publicKey: world.key('mixer0').publicKey })).toBe('KEY_TAKEN');
    expect(register(world, { stakeUnits: 800n })).toBe('OK');
  });

  it('takes a committee key once, with a real proof that its secret is known (§1.2)', () => {
    const world = new World({ keys: realKeys });
    const { publicKey: blsPublicKey, possession } = world.committeeKey('mixer0');
    expect(register(world, { possession })).toBe('BAD_POSSESSION');
    expect(register(world, { blsPublicKey, possession })).toBe('KEY_TAKEN');
    expect(register(world)).toBe('OK');
    expect(register(world, { publicKey: new Uint8Array(32) })).toBe('KEY_TAKEN');
  });
});
