import { type BodyValues, type RoleStatus, StakeKind } from '@assay/protocol';
import fc from 'fast-check';
import { consensusTerms } from './keys.fixture.ts';
import { type Act, acts, from, rarely, units } from './random-values.fixture.ts';
import { mixerTerms, roleTerms, validatorTerms } from './roles.fixture.ts';
import type { Sender } from './world.fixture.ts';

const newRole = fc.record<Partial<BodyValues['registerRole']>>(
  { stakeUnits: units, kind: fc.constantFrom(...StakeKind.words) },
  { requiredKeys: [] },
);
const registerRole = acts(
  'registerRole',
  fc.record({
    from,
    key: fc.nat(1),
    kind: fc.constantFrom('oracle', 'gateway'),
    terms: rarely(newRole),
  }),
  (world, { from: sender, key, kind, terms: change }) => [
    world.tx(sender, 'registerRole', {
      ...roleTerms(world, kind, { name: `stranger${key}`, stakeUnits: 10n }),
      ...change,
    }),
  ],
);

const registerValidator = acts(
  'registerValidator',
  fc.record({ from, key: fc.nat(1), owner: rarely(fc.record({ owner: from })), stakeUnits: units }),
  (world, { from: sender, key, owner, stakeUnits }) => {
    const name: Sender = `stranger${key}`;
    const terms = { name, owner: sender, consensus: `consensus${key + 4}` as Sender, ...owner };
    return [world.tx(sender, 'registerValidator', validatorTerms(world, { ...terms, stakeUnits: stakeUnits + 400n }))];
  },
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
    kind: fc.constantFrom<StakeKind>('miner', 'mixer', 'mixer', 'oracle', 'validator', 'gateway'),
    role: fc.nat(5),
    status: fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom<RoleStatus>('active', 'paused') },
      fc.constantFrom<RoleStatus>('deregistered', 'ejected'),
    ),
    other: rarely(fc.record({ from })),
  }),
  (world, { kind, role, status, other }) => {
    const own: Sender = kind === 'miner' ? 'owner' : (`${kind}${role}` as Sender);
    const sender = 'from' in other ? other.from : own;
    const funds = world.tx('payer', 'transfer', { to: world.address(sender), amountUnits: 20n });
    return [funds, world.tx(sender, 'setRoleStatus', { kind, role, status })];
  },
);

const setNetAddresses = acts(
  'setNetAddresses',
  fc.record({
    from: fc.constantFrom<Sender>('mixer1', 'gateway0', 'payer'),
    kind: fc.constantFrom<StakeKind>('mixer', 'gateway', 'validator', 'oracle'),
    role: fc.nat(2),
    netAddresses: fc.array(fc.string({ maxLength: 40 }), { maxLength: 4 }),
  }),
  (world, { from: sender, kind, role, netAddresses }) => {
    const funds = world.tx('payer', 'transfer', { to: world.address(sender), amountUnits: 20n });
    return [funds, world.tx(sender, 'setNetAddresses', { kind, role, netAddresses })];
  },
);

const nameEngine = acts(
  'nameEngine',
  fc.record({ sender: fc.constantFrom<Sender>('validator1', 'payer'), engine: fc.nat(2), validator: fc.nat(4) }),
  (world, { sender, engine, validator }) => {
    const funds = world.tx('payer', 'transfer', { to: world.address(sender), amountUnits: 20n });
    return [funds, world.tx(sender, 'nameEngine', { validator, engine: new Uint8Array(32).fill(engine) })];
  },
);

const rotateKey = acts(
  'rotateKey',
  fc.record({
    from,
    kind: fc.constantFrom<StakeKind>('miner', 'oracle', 'gateway', 'gateway', 'backing'),
    role: fc.nat(3),
    key: fc.nat(3),
  }),
  (world, { from: sender, kind, role, key }) => {
    const { publicKey } = world.key(`stranger${key}`);
    return ['owner', sender].map((each) => world.tx(each as Sender, 'rotateKey', { kind, role, publicKey }));
  },
);
const rotateCommitteeKey = acts(
  'rotateCommitteeKey',
  fc.record({
    from: fc.constantFrom<Sender>('mixer1', 'payer'),
    mixer: fc.nat(5),
    keys: fc.tuple(fc.nat(4), fc.nat(4)),
  }),
  (world, { from: sender, mixer, keys: [own, other] }) => {
    const { publicKey: blsPublicKey } = world.committeeKey(`stranger${own}`);
    const { possession } = world.committeeKey(`stranger${own + other < 6 ? own : other}`);
    return [world.tx(sender, 'rotateCommitteeKey', { mixer, blsPublicKey, possession })];
  },
);
const rotateConsensusKey = acts(
  'rotateConsensusKey',
  fc.record({ from, validator: fc.nat(5), key: fc.nat(6) }),
  (world, { from: sender, validator, key }) => {
    const terms = consensusTerms(world.key(`consensus${key}`), world.address(sender));
    return [world.tx(sender, 'rotateConsensusKey', { validator, ...terms })];
  },
);
const updateMiner = acts(
  'updateMiner',
  fc.record({
    from,
    miner: fc.nat(2),
    models: fc.constantFrom<number[]>([0], [0, 1], [9]),
    concurrency: fc.nat(65_535),
    engine: fc.constantFrom(3, 4),
    cores: fc.nat(65_535),
  }),
  (world, { from: sender, miner, engine, cores, ...change }) => {
    const { contextTokens, evidenceLevel, hardware, split } = world.registration();
    const machine = { engine: new Uint8Array(32).fill(engine), hardware: { ...hardware, cores } };
    const body = { miner, contextTokens, evidenceLevel, split, ...change, ...machine };
    return ['owner', sender].map((each) => world.tx(each as Sender, 'updateMiner', body));
  },
);

/** Anybody says that it is there: mostly who is, now and then of another epoch. */
const presence = acts(
  'presence',
  fc.record({
    from: fc.constantFrom<Sender>('mixer0', 'mixer1', 'mixer3', 'oracle0', 'validator2', 'stranger0', 'stranger1'),
    kind: fc.constantFrom<StakeKind>('mixer', 'mixer', 'oracle', 'validator', 'backing'),
    old: fc.nat(9),
  }),
  (world, { from: sender, kind, old }) => {
    const epochBeacon = old === 0 ? new Uint8Array(32) : world.state.globals.epochBeacon;
    return [world.tx(sender, 'presence', { kind, epochBeacon }, { feeUnits: 0n })];
  },
);

/** One random act of those who come, pause and go. */
export const roleAct: fc.Arbitrary<Act> = fc.oneof(
  { weight: 1, arbitrary: registerRole },
  { weight: 1, arbitrary: registerValidator },
  { weight: 1, arbitrary: registerMixer },
  { weight: 2, arbitrary: setStatus },
  { weight: 1, arbitrary: setNetAddresses },
  { weight: 1, arbitrary: nameEngine },
  { weight: 1, arbitrary: rotateKey },
  { weight: 1, arbitrary: rotateCommitteeKey },
  { weight: 1, arbitrary: rotateConsensusKey },
  { weight: 1, arbitrary: updateMiner },
  { weight: 2, arbitrary: presence },
);
