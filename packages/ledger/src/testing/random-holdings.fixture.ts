import fc from 'fast-check';
import { type Act, acts, from, index, options, units } from './random-values.fixture.ts';
import type { Sender } from './world.fixture.ts';

const trader = fc.constantFrom<Sender>('creator', 'creator', 'payer', 'owner', 'minerC');
const holding = fc.record({
  from: trader,
  model: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, index),
  units,
  options,
});
const given = acts(
  'shares',
  fc.record({ holding, to: from, count: fc.constantFrom(0, 1, 3333, 10_000, 65_535) }),
  (world, { holding: { from: sender, model, options: how }, to, count }) => [
    world.tx(sender, 'transferModelShares', { model, to: world.address(to), shares: count }, how),
  ],
);
const offers = acts(
  'offers',
  fc.record({ holding, count: fc.constantFrom(0, 1, 3333, 10_000), price: fc.bigInt({ min: 0n, max: 40n }) }),
  (world, { holding: { from: sender, model, options: how }, count, price }) => [
    world.tx(sender, 'offerShares', { model, shares: count, priceUnits: price }, how),
  ],
);
const purchases = acts(
  'purchases',
  fc.record({
    holding,
    seller: trader,
    count: fc.constantFrom(0, 1, 7, 3333, 10_000),
    most: fc.bigInt({ min: 0n, max: 60n }),
  }),
  (world, { holding: { from: sender, model, options: how }, seller, count, most }) => [
    world.tx(sender, 'buyShares', { model, seller: world.address(seller), shares: count, maxPriceUnits: most }, how),
  ],
);
export const shares: fc.Arbitrary<Act> = fc.oneof(given, offers, purchases);

export const backing = acts(
  'backing',
  fc.record({ holding, verb: fc.constantFrom('backModel', 'withdrawBacking') }),
  (world, { holding: { from: sender, model, units: amountUnits, options: how }, verb }) => [
    world.tx(sender, verb, { model, amountUnits }, how),
  ],
);
