import type { BodyValues, ResultCode } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { FEE, World } from '../testing/world.fixture.ts';

describe('registerMiner §3.2', () => {
  it('pays the domain’s owner, locks the collateral and begins with no trust', () => {
    const world = new World();
    expect(world.send('minerA', 'registerMiner', world.registration())).toBe('OK');
    expect(world.balance('minerA')).toBe(1_000_000n - FEE - 50n - 1000n);
    expect(world.balance('landlord')).toBe(1_000_050n);
    expect(world.state.minerOf(world.address('minerA'))).toBe(0);
    expect(world.state.miners.at(0)).toMatchObject({
      collateralUnits: 1000n,
      activeFrom: 2,
      trustPpb: 0,
      // The floor of routing trust, 0.1, times √4 in thousandths.
      weight: 100_000_000n * 2000n,
    });
    expect(world.events).toEqual([{ type: 'minerRegistered', miner: 0, operator: world.address('minerA') }]);
  });

  it.each<[ResultCode, Partial<BodyValues['registerMiner']>]>([
    ['INSUFFICIENT_BALANCE', { collateralUnits: 1_000_000n }],
    ['INSUFFICIENT_BALANCE', { collateralUnits: 1_000_000n, domain: 9 }],
    ['UNKNOWN_DOMAIN', { domain: 1 }],
    ['UNKNOWN_MODEL', { models: [0, 2] }],
    ['BAD_SPLIT', { split: { operatorBps: 5000, ownerBps: 3500, stakersBps: 1501 } }],
    ['BAD_CAPACITY', { concurrency: 0 }],
    ['BAD_CAPACITY', { contextTokens: 0 }],
    ['BAD_CAPACITY', { models: [] }],
    ['BAD_CAPACITY', { evidenceLevel: 3 }],
    ['COLLATERAL_TOO_LOW', { collateralUnits: 999n }],
    ['OK', { models: [1, 0], evidenceLevel: 0 }],
  ])('%s for %o', (code, change) => {
    const world = new World();
    expect(world.send('minerA', 'registerMiner', world.registration(change))).toBe(code);
    expect(world.state.miners.length).toBe(code === 'OK' ? 1 : 0);
  });

  it('counts the registration fee when it looks at the balance', () => {
    const cost = FEE + 50n + 1000n;
    const [short, enough] = [cost - 1n, cost].map((balanceUnits) => new World({ balanceUnits }));
    if (short === undefined || enough === undefined) throw new Error('no worlds');
    expect(short.send('minerA', 'registerMiner', short.registration())).toBe('INSUFFICIENT_BALANCE');
    expect(enough.send('minerA', 'registerMiner', enough.registration())).toBe('OK');
    expect(enough.balance('minerA')).toBe(0n);
  });

  it('takes one miner per operator', () => {
    const world = new World().populate();
    expect(world.send('minerA', 'registerMiner', world.registration())).toBe('ALREADY_REGISTERED');
    expect(world.send('minerB', 'registerMiner', world.registration())).toBe('OK');
  });
});
