import type { BodyValues } from '@assay/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FEE, type Person, World } from '../testing/world.fixture.ts';

const start = 1_000_000n;

function held(world: World, name: Person) {
  const index = world.state.holdingOf(0, world.address(name));
  const row = index === undefined ? undefined : world.state.holdings.at(index);
  return { shares: row?.shares ?? 0, offered: row?.offeredShares ?? 0 };
}

const buy = (world: World, change: Partial<BodyValues['buyShares']> = {}, buyer: Person = 'payer') => {
  const terms = { model: 0, seller: world.address('creator'), shares: 300, maxPriceUnits: 7n };
  return world.tx(buyer, 'buyShares', { ...terms, ...change });
};
const offer = (world: World, shares: number, priceUnits: bigint, seller: Person = 'creator') =>
  world.send(seller, 'offerShares', { model: 0, shares, priceUnits });

describe('share offers §4.7.1, §4.7.2', () => {
  it('are bought wholly or in part, money and shares in one transaction', () => {
    const world = new World();
    expect(offer(world, 1000, 7n)).toBe('OK');
    expect(world.events.at(-1)).toEqual({
      ...{ type: 'sharesOffered', model: 0, seller: world.address('creator'), shares: 1000, priceUnits: 7n },
    });
    expect(world.codeOf(buy(world))).toBe('OK');
    expect(world.events.at(-1)).toMatchObject({ type: 'sharesSold', shares: 300, priceUnits: 7n });
    expect([held(world, 'creator'), held(world, 'payer')]).toEqual([
      { shares: 9700, offered: 700 },
      { shares: 300, offered: 0 },
    ]);
    expect([world.balance('creator'), world.balance('payer')]).toEqual([start - FEE + 2100n, start - FEE - 2100n]);
    expect(world.codeOf(buy(world, { shares: 701 }))).toBe('NOT_OFFERED');
    expect(world.codeOf(buy(world, { shares: 700 }))).toBe('OK');
    expect(held(world, 'creator')).toEqual({ shares: 9000, offered: 0 });
  });

  it('cannot be made dearer for who has sent its purchase', () => {
    const world = new World();
    offer(world, 1000, 7n);
    const dearer = world.tx('creator', 'offerShares', { model: 0, shares: 1000, priceUnits: 8n });
    expect(world.block(dearer, buy(world)).transactions.map(({ code }) => code)).toEqual(['OK', 'PRICE_TOO_HIGH']);
    expect(world.balance('payer')).toBe(start - FEE);
    const cheaper = world.tx('creator', 'offerShares', { model: 0, shares: 1000, priceUnits: 5n });
    expect(world.block(cheaper, buy(world)).transactions.map(({ code }) => code)).toEqual(['OK', 'OK']);
    expect(world.balance('payer')).toBe(start - 2n * FEE - 1500n);
  });

  it('are withdrawn, and never more than the seller has', () => {
    const world = new World();
    expect(offer(world, 10_001, 7n)).toBe('TOO_FEW_SHARES');
    expect(offer(world, 1, 7n, 'payer')).toBe('TOO_FEW_SHARES');
    expect(offer(world, 1, 0n)).toBe('ZERO_AMOUNT');
    offer(world, 5000, 7n);
    world.send('creator', 'transferModelShares', { model: 0, to: world.address('owner'), shares: 9800 });
    expect(held(world, 'creator')).toEqual({ shares: 200, offered: 200 });
    expect(world.codeOf(buy(world))).toBe('NOT_OFFERED');
    expect(offer(world, 0, 0n)).toBe('OK');
    expect(world.codeOf(buy(world, { shares: 1 }))).toBe('NOT_OFFERED');
    expect(held(world, 'creator')).toEqual({ shares: 200, offered: 0 });
  });

  it('need a share, a model, an offer and the money, and may be one’s own', () => {
    const world = new World();
    offer(world, 10_000, 1000n);
    const dear = { maxPriceUnits: 1000n };
    expect(world.codeOf(buy(world, { ...dear, shares: 0 }))).toBe('ZERO_AMOUNT');
    expect(world.codeOf(buy(world, { ...dear, model: 9 }))).toBe('UNKNOWN_MODEL');
    expect(world.codeOf(buy(world, { ...dear, seller: world.address('owner') }))).toBe('NOT_OFFERED');
    expect(world.codeOf(buy(world, { ...dear, shares: 1000 }))).toBe('INSUFFICIENT_BALANCE');
    expect(world.codeOf(buy(world, { ...dear, shares: 5 }, 'creator'))).toBe('OK');
    expect(held(world, 'creator')).toEqual({ shares: 10_000, offered: 9995 });
  });

  it('keep all shares and all money, whoever buys and sells what', () => {
    const names = ['creator', 'payer', 'owner'] as const;
    const name = fc.constantFrom(...names);
    const step = fc.record({
      isOffer: fc.boolean(),
      by: name,
      seller: name,
      shares: fc.nat(10_000),
      price: fc.nat(200),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const world = new World();
        for (const { isOffer, by, seller, shares, price } of steps) {
          if (isOffer) offer(world, shares, BigInt(price), by);
          else world.codeOf(buy(world, { seller: world.address(seller), shares, maxPriceUnits: BigInt(price) }, by));
          const all = names.map((each) => held(world, each));
          expect(all.reduce((sum, each) => sum + each.shares, 0)).toBe(10_000);
          expect(all.every((each) => each.offered <= each.shares)).toBe(true);
          const balances = names.reduce((sum, each) => sum + world.balance(each), 0n);
          expect(balances).toBe(3n * start - FEE * BigInt(world.height));
        }
      }),
      { numRuns: 40 },
    );
  });
});
