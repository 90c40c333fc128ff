import { describe, expect, it } from 'vitest';
import { propertyWorld } from '../testing/models.fixture.ts';
import { FEE, World } from '../testing/world.fixture.ts';

/** What an account has in a model. */
function held(world: World, name: 'creator' | 'owner' | 'payer', model = 0) {
  const index = world.state.holdingOf(model, world.address(name));
  const row = index === undefined ? undefined : world.state.holdings.at(index);
  return { shares: row?.shares ?? 0, backingUnits: row?.backingUnits ?? 0n };
}

describe('transferModelShares §4.7', () => {
  it('moves shares, which begin with the creator, and no more than there are', () => {
    const world = new World();
    const to = world.address('owner');
    expect(held(world, 'creator')).toEqual({ shares: 10_000, backingUnits: 0n });
    expect(world.send('creator', 'transferModelShares', { model: 0, to, shares: 10_001 })).toBe('TOO_FEW_SHARES');
    expect(world.send('creator', 'transferModelShares', { model: 0, to, shares: 4000 })).toBe('OK');
    expect(world.send('owner', 'transferModelShares', { model: 0, to, shares: 4001 })).toBe('TOO_FEW_SHARES');
    expect(world.send('owner', 'transferModelShares', { model: 0, to, shares: 4000 })).toBe('OK');
    expect([held(world, 'creator').shares, held(world, 'owner').shares]).toEqual([6000, 4000]);
    expect(held(world, 'creator', 1).shares).toBe(10_000);
  });

  it('needs a model and a share', () => {
    const world = new World();
    const to = world.address('owner');
    expect(world.send('creator', 'transferModelShares', { model: 0, to, shares: 0 })).toBe('ZERO_AMOUNT');
    expect(world.send('creator', 'transferModelShares', { model: 2, to, shares: 1 })).toBe('UNKNOWN_MODEL');
  });

  it('leaves who sold all with nothing at the end of the epoch', () => {
    const world = new World();
    const to = world.address('owner');
    world.send('creator', 'transferModelShares', { model: 0, to, shares: 10_000 });
    world.finishEpoch();
    expect(world.state.holdingOf(0, world.address('creator'))).toBeUndefined();
    expect(held(world, 'owner').shares).toBe(10_000);
  });
});

describe('backing (economics §2.5)', () => {
  it('is taken from the balance and given back after its lock', () => {
    const world = new World();
    expect(world.send('payer', 'backModel', { model: 0, amountUnits: 1_000_000n })).toBe('INSUFFICIENT_BALANCE');
    expect(world.send('payer', 'backModel', { model: 0, amountUnits: 700n })).toBe('OK');
    expect(held(world, 'payer').backingUnits).toBe(700n);
    expect(world.send('payer', 'withdrawBacking', { model: 0, amountUnits: 701n })).toBe('STAKE_TOO_LOW');
    expect(world.send('payer', 'withdrawBacking', { model: 0, amountUnits: 200n })).toBe('OK');
    const paid = 1_000_000n - 4n * FEE - 700n;
    expect(world.balance('payer')).toBe(paid);
    expect(held(world, 'payer').backingUnits).toBe(500n);
    for (let epoch = 0; epoch < 2; epoch++) world.finishEpoch();
    expect(world.balance('payer')).toBe(paid);
    world.finishEpoch();
    expect(world.balance('payer')).toBe(paid + 200n);
    const released = { account: world.address('payer'), kind: 'backing' as const, role: 0, units: 200n };
    expect(world.events).toContainEqual({ type: 'unbonded', ...released });
  });

  it('needs a model and an amount', () => {
    const world = new World();
    for (const kind of ['backModel', 'withdrawBacking'] as const) {
      expect(world.send('payer', kind, { model: 0, amountUnits: 0n })).toBe('ZERO_AMOUNT');
      expect(world.send('payer', kind, { model: 2, amountUnits: 1n })).toBe('UNKNOWN_MODEL');
    }
  });
});

describe('royalties (economics §2.4, §2.5)', () => {
  it('go to shareholders by shares, and of revenue a part to backers by what they back', () => {
    const world = propertyWorld();
    const { events } = world.finishEpoch();
    const close = events.find((event) => event.type === 'epochClosed')?.close;
    const creators = close?.payouts.filter(({ stack }) => stack === 'creators');
    const rows = creators?.map(({ account, source, kind, units }) => [account, source, kind, units]);
    // Of 100 base units of royalty 40 are the backers', at 3 : 1; 60 go by shares, at 7 : 3. What is minted: by shares.
    expect(rows).toEqual([
      [world.address('creator'), 'revenue', 'model', 42n],
      [world.address('owner'), 'revenue', 'model', 18n],
      [world.address('owner'), 'revenue', 'backer', 30n],
      [world.address('payer'), 'revenue', 'backer', 10n],
      [world.address('creator'), 'emission', 'model', 1_085_000n],
      [world.address('owner'), 'emission', 'model', 465_000n],
    ]);
  });
});
