import type { DomainTerms } from '@assay/protocol';
import fc from 'fast-check';
import { domainTerms, weighedBy } from './domains.fixture.ts';
import { acts, from, options, units } from './random-values.fixture.ts';
import type { Sender } from './world.fixture.ts';

const part = fc.constantFrom(0, 100, 500, 3000, 10_000, 65_535);
const domainChange = fc.record<Partial<DomainTerms>>(
  {
    burnBps: part,
    domainBps: part,
    registrationFeeUnits: units,
    minCollateralUnits: fc.constantFrom(0n, 1n, 1000n),
    components: fc.constantFrom([], weighedBy('vwuBps'), weighedBy('stakeBps'), weighedBy('vwuBps', 1)),
    admission: fc.constantFrom('open', 'open', 'listed'),
    userLevel: fc.constantFrom(0, 0, 10, 11),
    inferenceOnly: fc.boolean(),
    washGuard: fc.boolean(),
  },
  { requiredKeys: [] },
);
const owners = fc.constantFrom<Sender>('landlord', 'landlord', 'payer', 'stranger0');
export const market = acts(
  'market',
  fc.record({
    from: owners,
    domain: fc.nat(2),
    name: fc.constantFrom('', 'law', 'art'),
    change: domainChange,
    options,
  }),
  (world, { from: sender, domain, name, change, options: how }) => {
    const terms = domainTerms(world.genesis, change);
    if (name === '') return [world.tx(sender, 'updateDomain', { domain, terms }, how)];
    return [world.tx(sender, 'createDomain', { name: name, terms }, how)];
  },
);
export const admission = acts(
  'admission',
  fc.record({ from: owners, domain: fc.nat(2), to: from, isAdmitted: fc.boolean() }),
  (world, { from: sender, domain, to, isAdmitted }) => [
    world.tx(sender, 'admitMiner', { domain, operator: world.address(to), isAdmitted }),
  ],
);

/** A miner and a session of domain 1, where there is one with model 2. */
export const settling = acts('settling', fc.record({ from, to: from }), (world, { from: sender, to }) => [
  world.tx(sender, 'registerMiner', world.registration({ domain: 1, models: [2] })),
  world.tx(to, 'openSession', world.session({ domain: 1, model: 2 })),
]);
