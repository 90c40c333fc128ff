import type { DomainTerms, ResultCode } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { termsOf } from '../stake/domains.ts';
import { domainTerms, weighedBy } from '../testing/domains.fixture.ts';
import { FEE, World } from '../testing/world.fixture.ts';

describe('createDomain §4.8', () => {
  it('makes the sender the owner, pays the treasury and holds at once', () => {
    const world = new World();
    const terms = domainTerms(world.genesis, { burnBps: 700, components: weighedBy('usageBps') });
    expect(world.send('minerC', 'createDomain', { name: 'law', terms })).toBe('OK');
    expect(world.balance('minerC')).toBe(1_000_000n - FEE - 200n);
    expect(world.state.globals.treasuryUnits).toBe(FEE + 200n);
    expect(world.state.domains.at(1)).toMatchObject({ owner: world.address('minerC'), admitted: [] });
    expect(termsOf(world.state, 1)).toEqual({ ...terms, fromEpoch: 0, height: 1 });
    expect(world.events).toEqual([{ type: 'domainCreated', domain: 1, owner: world.address('minerC') }]);
  });

  it.each<[ResultCode, string, Partial<DomainTerms>]>([
    ['BAD_NAME', '', {}],
    ['BAD_NAME', 'two words', { burnBps: 99 }],
    ['NAME_TAKEN', 'general', { burnBps: 99 }],
    ['SPLITS_TOO_HIGH', 'law', { domainBps: 8701 }],
    ['OK', 'law', { domainBps: 8700 }],
    ['BURN_OUT_OF_BOUNDS', 'law', { burnBps: 99 }],
    ['OK', 'law', { burnBps: 100 }],
    ['OK', 'law', { burnBps: 3000 }],
    ['BURN_OUT_OF_BOUNDS', 'law', { burnBps: 3001, components: weighedBy('vwuBps', 1) }],
    ['BAD_WEIGHTS', 'law', { components: weighedBy('vwuBps', 10_001) }],
    ['BAD_WEIGHTS', 'law', { components: weighedBy('vwuBps', 0), userLevel: 11 }],
    ['BAD_ADMISSION', 'law', { userLevel: 11 }],
    ['OK', 'law', { admission: 'listed', userLevel: 10 }],
  ])('%s for %s and %o', (code, name, change) => {
    const world = new World();
    const terms = domainTerms(world.genesis, change);
    expect(world.send('minerC', 'createDomain', { name: name, terms })).toBe(code);
    expect(world.state.domains.length).toBe(code === 'OK' ? 2 : 1);
  });

  it('counts its fee when it looks at the balance', () => {
    const [short, enough] = [FEE + 199n, FEE + 200n].map((balanceUnits) => new World({ balanceUnits }));
    const create = (world: World | undefined) =>
      world?.send('minerC', 'createDomain', { name: 'law', terms: domainTerms(world.genesis) });
    expect(create(short)).toBe('INSUFFICIENT_BALANCE');
    expect(create(enough)).toBe('OK');
  });
});
