import { type AuditNumbers, type BodyValues, limits, noSession, type Receipt, VoteChoice } from '@assay/protocol';
import fc from 'fast-check';
import { auditDuties } from '../audit/audits.ts';
import { auditList } from './audits.fixture.ts';
import { modelTerms, noiseProfile, voteTx } from './models.fixture.ts';
import {
  appealCase,
  brokenPrecommits,
  decideCase,
  doubleVotes,
  offences,
  openCase,
  openPlant,
} from './random-disputes.fixture.ts';
import { admission, market, settling } from './random-domains.fixture.ts';
import { backing, shares } from './random-holdings.fixture.ts';
import { roleAct } from './random-roles.fixture.ts';
import {
  type Act,
  acts,
  from,
  heights,
  hostile,
  index,
  options,
  rarely,
  stakes,
  units,
} from './random-values.fixture.ts';
import { recordsOf, someRecords } from './records.fixture.ts';
import { checked, FEE, hardFailure, honest, type Sender, softFailure, unchecked, type World } from './world.fixture.ts';

const transfer = acts('transfer', fc.record({ from, to: from, amountUnits: units, options }), (world, each) => [
  world.tx(each.from, 'transfer', { to: world.address(each.to), amountUnits: each.amountUnits }, each.options),
]);

const registration = fc.record<Partial<BodyValues['registerMiner']>>(
  {
    domain: fc.nat(1),
    models: fc.array(fc.nat(2), { maxLength: 3 }),
    concurrency: fc.nat(65_535),
    evidenceLevel: fc.nat(3),
    collateralUnits: units,
    split: fc.constantFrom(
      { operatorBps: 10_000, ownerBps: 0, stakersBps: 0 },
      { operatorBps: 3333, ownerBps: 3333, stakersBps: 3334 },
      { operatorBps: 65_535, ownerBps: 1, stakersBps: 0 },
    ),
  },
  { requiredKeys: [] },
);
const register = acts('register', fc.record({ from, registration, options }), (world, each) => [
  world.tx(each.from, 'registerMiner', world.registration(each.registration), each.options),
]);

const someMiners = fc.oneof(fc.constantFrom<number[][]>([0], [0, 1], [0, 1, 2]), fc.array(index, { maxLength: 8 }));
const terms = fc.record<Partial<BodyValues['openSession']>>(
  {
    domain: fc.nat(1),
    model: fc.nat(3),
    homeMixer: fc.nat(4),
    depositUnits: units,
    maxTaskUnits: units,
    expiryHeight: heights,
    redundancy: fc.constantFrom(1, 1, 1, 3, 3, 5, 2, 255),
    isBackground: fc.nat(3).map((lot) => lot === 0),
    sharesPrompts: fc.boolean(),
    dedicatedMiners: fc.oneof(
      { weight: 4, arbitrary: fc.constant<number[]>([]) },
      { weight: 1, arbitrary: someMiners },
    ),
  },
  { requiredKeys: [] },
);
const openSession = acts('openSession', fc.record({ from, terms, options }), (world, each) => [
  world.tx(each.from, 'openSession', world.session(each.terms), each.options),
]);

const topUp = acts('topUp', fc.record({ from, session: index, amountUnits: units, options }), (world, each) => [
  world.tx(each.from, 'topUpSession', { session: each.session, amountUnits: each.amountUnits }, each.options),
]);

const close = acts('close', fc.record({ from, session: index }), (world, { from: sender, session }) => [
  world.tx(sender, 'closeSession', { session }),
]);

const inStake = fc.record({ from, miner: fc.nat(2), amountUnits: units, options });
const delegate = acts('delegate', inStake, (world, { from: sender, options: how, ...body }) => [
  world.tx(sender, 'delegate', body, how),
]);
/** Any amount at all, or half of what is there. */
const undelegate = acts('undelegate', fc.tuple(inStake, fc.boolean()), (world, [each, isHalf]) => {
  const { from: sender, options: how, ...body } = each;
  const index = world.state.delegationOf(world.address(sender), body.miner);
  const staked = index === undefined ? 0n : world.state.delegations.at(index).stakeUnits;
  return [world.tx(sender, 'undelegate', isHalf ? { ...body, amountUnits: (staked + 1n) / 2n } : body, how)];
});
/** Who takes back what another act may have staked. */
const turnAround = acts('turnAround', fc.record({ from, amountUnits: fc.bigInt(1n, 900n) }), (world, each) => [
  world.tx(each.from, 'delegate', { miner: 0, amountUnits: each.amountUnits }),
  world.tx(each.from, 'undelegate', { miner: 0, amountUnits: each.amountUnits }),
]);

const assign = acts('assign', fc.record({ from, miner: fc.nat(2), validator: index }), (world, each) => [
  world.tx(each.from, 'assignWork', { miner: each.miner, validator: each.validator }),
]);

const bondOrUnbond = fc.record({ stake: stakes, kind: fc.constantFrom('bond', 'unbond'), amountUnits: units });
const bonding = acts('bonding', bondOrUnbond, (world, { stake: [sender, kind, role], kind: verb, amountUnits }) => [
  world.tx(sender, verb, { kind, role, amountUnits }, { feeUnits: world.balance(sender) < FEE ? 0n : FEE }),
]);

const tokens = fc.oneof({ weight: 9, arbitrary: fc.nat(60) }, fc.constantFrom(0, 2500, 2 ** 32 - 1));
const task = fc.record({
  session: fc.nat(5),
  miner: fc.nat(2),
  similarityPpb: fc.constantFrom(0, 840_000_000, 900_000_000, 950_000_000),
  tokensIn: tokens,
  tokensOut: tokens,
  hostile: rarely(hostile),
});
type Task = typeof task extends fc.Arbitrary<infer Value> ? Value : never;

/** The receipts of all replicas that an honest committee would certify now, unless one is hostile. */
function receiptsOf(world: World, wanted: Task): Receipt[] {
  const open = [...world.state.sessions].flatMap(({ status }, i) => (status === 'open' ? [i] : []));
  const session = open[wanted.session % Math.max(1, open.length)] ?? 0;
  const model = world.state.sessions.get(session)?.model ?? 0;
  const { redundancy = 1, dedicatedMiners = [], isBackground = false } = world.state.sessions.get(session) ?? {};
  const serving = [...world.state.miners].flatMap(({ models }, i) => (models.includes(model) ? [i] : []));
  const miners = dedicatedMiners.length > 0 ? dedicatedMiners : serving;
  const { tokensIn, tokensOut, hostile } = wanted;
  const { requestHash } = world.receipt();
  const own = isBackground ? { kind: 'background' as const, priceUnits: 0n } : {};
  const task = { session, model, requestHash, tokensIn, tokensOut, ...own };
  if (redundancy === 1)
    return [world.receipt({ ...task, miner: miners[wanted.miner % miners.length] ?? 0, ...hostile })];
  return miners.slice(0, redundancy).map((miner, replica) => {
    const similarityPpb = replica === 0 ? wanted.similarityPpb : 900_000_000;
    return world.receipt({ ...task, replica, miner, similarityPpb, ...hostile });
  });
}

/** Mostly the whole committee, whoever it is. */
const signers = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom({}, {}, { signers: [0, 1, 2] }) },
  { weight: 1, arbitrary: fc.record({ signers: fc.subarray([0, 1, 2, 3]) }) },
);
const batch = acts(
  'batch',
  fc.record({ mixer: fc.nat(3), signers, tasks: fc.array(task, { maxLength: 3 }), records: someRecords }),
  (world, { mixer, records, ...each }) => {
    const receipts = each.tasks.flatMap((wanted) => receiptsOf(world, wanted));
    const contents = { receipts, records: recordsOf(world, { mixer, receipts }, records) };
    return [world.batchTx({ ...each.signers, mixer, ...contents })];
  },
);

/** What a validator finds: the same at commitment and reveal. Every other task is bad, and most of one miner. */
function findingOf(world: World, validator: number, taskId: Uint8Array): AuditNumbers {
  const [first = 0, second = 0] = taskId;
  const task = world.state.tasks.get(world.state.taskOf(taskId) ?? -1);
  const isCheat = task?.miner === 1;
  // Of four validators one at most is of another opinion, so that the others can contradict it.
  const chance = (second + 4 * validator) % 16;
  if (chance === 0) return unchecked(second < 128 ? 'noResult' : 'noArtifact');
  if (chance === 1) return checked(2_000_000_000);
  // Most answers that differ from the known one are right.
  if (task?.session === noSession && first % 4 > 0) return honest;
  if (first % 2 === 1 && !(isCheat && first % 4 === 1)) return chance === 2 ? softFailure : honest;
  return chance === 2 || chance === 3 ? honest : hardFailure;
}

/**
 * Some validators do what they owe, all of a step in one list, in which the audits of other tasks stand too: those of
 * others, ended ones, none. Now and then one reveals other numbers than it committed to.
 */
const audit = acts(
  'audit',
  fc.record({ working: fc.subarray([0, 1, 2, 3], { minLength: 3 }), liar: fc.nat(40), strays: fc.array(fc.nat(9)) }),
  (world, { working, liar, strays }) =>
    working.flatMap((validator) => {
      const duties = auditDuties(world.state, validator);
      const others = strays.flatMap((index) => world.state.tasks.get(index)?.taskId ?? []);
      return (['commit', 'reveal'] as const).flatMap((step) => {
        const owed = duties.filter((duty) => duty.step === step).map(({ taskId }) => taskId);
        if (owed.length === 0) return [];
        const isLying = validator === liar && step === 'reveal';
        const pairs = [...others, ...owed].map((taskId) =>
          world.auditPair(validator, taskId, isLying ? softFailure : findingOf(world, validator, taskId)),
        );
        return [auditList(world, validator, step, pairs)];
      });
    }),
);

const changes = fc.constantFrom(
  ['transactionFeeUnits', '"7"'],
  ['audit.newMinerTasks', '0'],
  ['audit.drawDelayBlocks', '1'],
  ['receiptLifetimeBlocks', '2'],
  ['emissionPerDayUnits', '"18446744073709551615"'],
  ['stacks', '{"minersBps":0,"securityBps":0,"creatorsBps":0,"gatewaysBps":0,"treasuryBps":10000}'],
  ['emissionStages', '[{"fromPeriod":1,"perDayUnits":"5"}]'],
  ['epochBlocks', '1'],
  ['stacks.minersBps', '0'],
  ['cases.foundationReview', 'true'],
  ['cases.automaticDecision', 'false'],
  ['__proto__', '{"a":'],
);
const propose = acts(
  'propose',
  fc.record({ from, to: from, change: changes, amountUnits: fc.option(units), options }),
  (world, { from: sender, to, change: [path = '', value = ''], amountUnits, ...each }) => {
    const action =
      amountUnits === null
        ? { kind: 'parameterChange' as const, value: { path: path, value: value } }
        : { kind: 'treasurySpend' as const, value: { to: world.address(to), amountUnits } };
    return [world.tx(sender, 'propose', { action }, each.options)];
  },
);
/** What else can be voted on. No block of a test comes as late as the rule that nobody knows. */
const decree = acts(
  'decree',
  fc.record({
    from,
    action: fc.oneof(
      fc.record({
        kind: fc.constant('modelDifficulty' as const),
        value: fc.record({
          model: fc.oneof({ weight: 9, arbitrary: fc.nat(2) }, index),
          difficultyPpm: fc.constantFrom(0, 100_000, 500_000, 1_000_000, 2_000_000, 2 ** 32 - 1),
        }),
      }),
      fc.record({
        kind: fc.constant('noiseProfile' as const),
        value: fc
          .record({
            model: fc.oneof({ weight: 9, arbitrary: fc.nat(1) }, index),
            requests: fc.constantFrom(299, 300),
            t1LimitPpb: fc.constantFrom(0, 30_000_000),
          })
          .map((change) => ({ ...noiseProfile, ...change })),
      }),
      fc.record({
        kind: fc.constant('upgrade' as const),
        value: fc.record({ rule: fc.nat(3), height: fc.constantFrom(0, 1, 1_000_000, limits.maxHeight) }),
      }),
      fc.record({
        kind: fc.constant('ban' as const),
        value: stakes.chain(([, kind, role]) =>
          fc.record({ kind: fc.constant(kind), role: fc.constant(role), isBanned: fc.boolean() }),
        ),
      }),
    ),
  }),
  (world, { from: sender, action }) => [world.tx(sender, 'propose', { action })],
);
/** Mostly mixers vote, who hold most of the weight; they can pay once somebody gives them something. */
const vote = acts(
  'vote',
  fc.record({
    voters: fc.subarray<Sender>(['mixer0', 'mixer1', 'mixer2', 'mixer3', 'minerA', 'payer'], { minLength: 3 }),
    back: fc.nat(2),
    choice: fc.oneof({ weight: 8, arbitrary: fc.constant('yes' as const) }, fc.constantFrom(...VoteChoice.words)),
  }),
  (world, { voters, back, choice }) => {
    const proposal = Math.max(0, world.state.proposals.length - 1 - back);
    return voters.flatMap((voter) => {
      const funds = world.tx('payer', 'transfer', { to: world.address(voter), amountUnits: 20n });
      return [funds, world.tx(voter, 'vote', { proposal, choice })];
    });
  },
);

const bps = fc.oneof({ weight: 4, arbitrary: fc.nat(9000) }, fc.constantFrom(0, 10_000, 65_535));
const proposal = fc.record<Partial<BodyValues['registerModel']>>(
  {
    name: fc.constantFrom('small', 'new', 'newer', 'nö'),
    domain: fc.nat(1),
    fileHash: fc.nat(4).map((byte) => new Uint8Array(32).fill(byte)),
    royaltyBps: bps,
    contextTokens: fc.nat(2),
    priceInUnits: units,
    priceOutUnits: units,
    difficultyPpm: fc.constantFrom(0, 100_000, 10_000_000, 2 ** 32 - 1),
    t1ThresholdPpb: fc.constantFrom(0, 100_000_000, 100_000_001),
  },
  { requiredKeys: [] },
);
const registerModel = acts('registerModel', fc.record({ from, terms: proposal, options }), (world, each) => [
  world.tx(each.from, 'registerModel', modelTerms(each.terms), each.options),
]);

const acceptance = acts(
  'acceptance',
  fc.record({ validator: fc.nat(3), model: fc.nat(4), accepts: fc.nat(3).map((lot) => lot > 0) }),
  (world, each) => {
    const proposed = [...world.state.models].findIndex(({ panel }) => panel.length > 0);
    const seats = proposed < 0 ? [] : world.state.models.at(proposed).panel;
    if (seats.length === 0) return [voteTx(world, each.validator, each.model, each.accepts)];
    return seats.map(({ validator }) => voteTx(world, validator, proposed, each.accepts));
  },
);

const price = acts(
  'price',
  fc.record({ from: fc.constantFrom<Sender>('creator', 'payer'), model: fc.nat(4), inUnits: units, outUnits: units }),
  (world, each) => [
    world.tx(each.from, 'updateModelPrice', {
      model: each.model,
      priceInUnits: each.inUnits,
      priceOutUnits: each.outUnits,
    }),
  ],
);

const feedback = acts(
  'feedback',
  fc.record({ from: fc.constantFrom<Sender>('payer', 'payer', 'otherPayer'), back: fc.nat(9), rating: fc.nat(6) }),
  (world, { from: sender, back, rating }) => {
    const task = world.state.tasks.get(Math.max(0, world.state.tasks.length - 1 - back));
    const taskId = task?.taskId ?? new Uint8Array(32);
    return [world.tx(sender, 'feedback', { taskId, rating })];
  },
);

const noise = acts(
  'noise',
  fc.record({ bytes: fc.uint8Array({ maxLength: 400 }), at: fc.nat(400), bit: fc.nat(7), amountUnits: units }),
  (world, { bytes, at, bit, amountUnits }) => {
    const good = world.tx('otherPayer', 'transfer', { to: world.address('owner'), amountUnits });
    const index = at % good.length;
    return [bytes, good.with(index, (good[index] ?? 0) ^ (1 << bit))];
  },
);

/** What miners, mixers and validators do all day: it costs nobody anything that a payout could bring. */
export const duty: fc.Arbitrary<Act> = fc.oneof(
  { weight: 2, arbitrary: batch },
  { weight: 3, arbitrary: audit },
  { weight: 1, arbitrary: decideCase },
);

/** One random act; mostly what keeps the network alive, so that tasks really travel from escrow to payout. */
export const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: batch },
  { weight: 14, arbitrary: audit },
  { weight: 2, arbitrary: transfer },
  { weight: 2, arbitrary: register },
  { weight: 2, arbitrary: openSession },
  { weight: 1, arbitrary: topUp },
  { weight: 1, arbitrary: close },
  { weight: 2, arbitrary: delegate },
  { weight: 1, arbitrary: undelegate },
  { weight: 1, arbitrary: turnAround },
  { weight: 2, arbitrary: bonding },
  { weight: 1, arbitrary: registerModel },
  { weight: 2, arbitrary: acceptance },
  { weight: 1, arbitrary: price },
  { weight: 2, arbitrary: feedback },
  { weight: 3, arbitrary: shares },
  { weight: 2, arbitrary: backing },
  { weight: 1, arbitrary: assign },
  { weight: 1, arbitrary: market },
  { weight: 1, arbitrary: admission },
  { weight: 1, arbitrary: settling },
  { weight: 2, arbitrary: roleAct },
  { weight: 1, arbitrary: noise },
  { weight: 1, arbitrary: propose },
  { weight: 2, arbitrary: decree },
  { weight: 4, arbitrary: decideCase },
  { weight: 3, arbitrary: appealCase },
  { weight: 1, arbitrary: offences },
  { weight: 1, arbitrary: doubleVotes },
  { weight: 1, arbitrary: brokenPrecommits },
  { weight: 1, arbitrary: openCase },
  { weight: 2, arbitrary: openPlant },
  { weight: 1, arbitrary: vote },
);
