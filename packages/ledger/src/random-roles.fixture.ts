import { type BodyValues, stakeKinds } from '@assay/protocol';
import fc from 'fast-check';
import { type Act, acts, from, rarely, units } from './random-values.fixture.ts';
import { mixerTerms, roleTerms } from './roles.fixture.ts';
import type { Sender } from './world.fixture.ts';

const newRole = fc.record<Partial<BodyValues['registerRole']>>(
  { stakeUnits: units, kind: fc.nat(7) },
  { requiredKeys: [] },
);
const registerRole = acts(
  'registerRole',
  fc.record({
    from,
    key: fc.nat(1),
    kind: fc.constantFrom('oracle', 'validator', 'gateway'),
    terms: rarely(newRole),
  }),
  (world, { from: sender, key, kind, terms: change }) => [
    world.tx(sender, 'registerRole', {
      ...roleTerms(world, kind, { name: `stranger${key}`, stakeUnits: 10n }),
      ...change,
    }),
  ],
);

const registerMixer = acts(
  'registerMixer',
  fc.record({ from, keys: fc.tuple(fc.nat(1), fc.nat(1)), stakeUnits: fc.oneof(fc.constant(900n), units) }),
  (world, { from: sender, keys: [own, other], stakeUnits }) => {
    const { possession } = mixerTerms(world, { name: `stranger${other}` });
    const terms = mixerTerms(world, { name: `stranger${own}`, stakeUnits });
    return [world.tx(sender, 'registerMixer', own !== other ? { ...terms, possession } : terms)];
  },
);

/** Mostly a role's own account pauses it or lets it go on; somebody gives it the fee. */
const setStatus = acts(
  'setStatus',
  fc.record({
    kind: fc.constantFrom('miner', 'mixer', 'mixer', 'oracle', 'validator', 'gateway'),
    role: fc.nat(5),
    status: fc.oneof({ weight: 20, arbitrary: fc.nat(1) }, fc.constantFrom(2, 3, 255)),
    other: rarely(fc.record({ from })),
  }),
  (world, { kind, role, status, other }) => {
    const own: Sender = kind === 'miner' ? 'owner' : (`${kind}${role}` as Sender);
    const sender = 'from' in other ? other.from : own;
    const funds = world.tx('payer', 'transfer', { to: world.address(sender), amountUnits: 20n });
    const body = { kind: stakeKinds[kind as keyof typeof stakeKinds], role, status };
    return [funds, world.tx(sender, 'setRoleStatus', body)];
  },
);

/** One random act of those who come, pause and go. */
export const roleAct: fc.Arbitrary<Act> = fc.oneof(
  { weight: 1, arbitrary: registerRole },
  { weight: 1, arbitrary: registerMixer },
  { weight: 2, arbitrary: setStatus },
);
