import { describe, expect, it } from 'vitest';
import { World } from '../testing/world.fixture.ts';

const dearer = { model: 0, priceInUnits: 3n, priceOutUnits: 5n };
const tokens = { tokensIn: 10, tokensOut: 20 };

describe('updateModelPrice §4.6', () => {
  it('holds for draws from its block on; earlier draws cost the earlier price', () => {
    const world = new World().populate();
    const before = world.height;
    expect(world.send('creator', 'updateModelPrice', dearer)).toBe('OK');
    expect(world.events.at(-1)).toEqual({ type: 'modelPriced', ...dearer });
    const receipt = (drawHeight: number, priceUnits: bigint) => world.receipt({ ...tokens, drawHeight, priceUnits });
    const code = (drawHeight: number, priceUnits: bigint) =>
      world.codeOf(world.batchTx({ receipts: [receipt(drawHeight, priceUnits)] }));
    expect(code(before, 130n)).toBe('RECEIPT_BAD_PRICE');
    expect(code(before, 100n)).toBe('OK');
    expect(code(before + 1, 100n)).toBe('RECEIPT_BAD_PRICE');
    expect(code(before + 1, 130n)).toBe('OK');
  });

  it('waits until no receipt needs the price before the last', () => {
    const world = new World().populate();
    expect(world.send('creator', 'updateModelPrice', dearer)).toBe('OK');
    for (let i = 1; i < 8; i++) expect(world.send('creator', 'updateModelPrice', dearer)).toBe('PRICE_TOO_SOON');
    expect(world.send('creator', 'updateModelPrice', { ...dearer, priceInUnits: 4n })).toBe('OK');
    expect(world.state.models.at(0)).toMatchObject({ priceInUnits: 4n, earlierPriceInUnits: 3n });
  });

  it('is the creator’s', () => {
    const world = new World();
    expect(world.send('owner', 'updateModelPrice', dearer)).toBe('NOT_CREATOR');
    expect(world.send('creator', 'updateModelPrice', { ...dearer, model: 2 })).toBe('UNKNOWN_MODEL');
  });
});
