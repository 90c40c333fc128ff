import { StructType, U32, type ValueOf } from '@assay/ssz';
import { ContainerType, ListCompositeType } from '@chainsafe/ssz';
import { Count, listOfAddresses, Units } from '../encoding.ts';
import { limits } from '../limits.ts';
import {
  amount,
  type Bounds,
  bps,
  flag,
  ParameterGroup,
  parameter,
  ppb,
  quantity,
  typesOf,
  u8,
  u16,
  u32,
} from './parameter.ts';

/*
 * Every number of the protocol that a network may choose, once: its type, what the default network has, what a vote may
 * set it to (§12.2), and what it is for. Everything else that knows of a parameter derives it from here.
 */

/** Base units in a unit (economics). */
const unit = 1_000_000_000n;
const dayMs = 86_400_000;
const waitMs: Bounds = [10n, 600_000n];
const blocks: Bounds = [1n, 10_000n];
const epochs: Bounds = [1n, 10_000n];
const tokens: Bounds = [0n, 1_000_000_000_000n];
const difficulty: Bounds = [1n, 1_000_000_000n];

/** Longest time each step of a task may take (§5). */
export const Deadlines = new ParameterGroup('Deadlines', {
  prepareMs: u32(2000, waitMs, 'A miner has this long to say whether it takes a task.'),
  firstTokenMs: u32(30_000, waitMs, 'A miner has this long from taking a task to its first token.'),
  generationMs: u32(30_000, waitMs, 'An answer may take this long from its first token on, and more by its length.'),
  generationPerTokenMs: u32(250, [1n, 60_000n], 'Every token that was asked for adds this to the time of an answer.'),
  stallMs: u32(15_000, waitMs, 'Longest silence within an answer (§5.17).'),
  commitMs: u32(5000, waitMs, 'A miner has this long to reveal its answer once the mixer asks.'),
  lostMs: u32(500, waitMs, 'Grace after the stream of a miner broke.'),
  oracleSlotMs: u32(500, waitMs, 'One oracle has the lead for this long before the next takes over (§5.3).'),
});
export type Deadlines = ValueOf<typeof Deadlines>;

/** Requests that wait at a mixer for a slot of a miner (§5.25). */
export const QueueParams = new ParameterGroup('QueueParams', {
  maxWaiting: u16(256, [0n, 4096n], 'Requests of a domain that wait at one mixer.'),
  maxWaitMs: u32(60_000, [0n, 100_000n], 'Longest time that a request waits there.'),
});

/** Audit policy (§10). */
export const AuditParams = new ParameterGroup('AuditParams', {
  newMinerTasks: u32(50, [0n, 1_000_000n], 'So many tasks of a new miner are all audited.'),
  floorPpb: ppb(20_000_000, 'Part of the tasks that is audited even of the most trusted miner.', [
    1_000_000n,
    1_000_000_000n,
  ]),
  drawDelayBlocks: u16(
    2,
    [1n, 1000n],
    'Blocks from a receipt to its draw; the beacon must have moved as often (§9.1).',
  ),
  commitBlocks: u16(120, blocks, 'Blocks an auditor has to commit to what it measured.'),
  revealBlocks: u16(20, blocks, 'Blocks it then has to reveal it.'),
  openTokensPerValidator: u32(
    4096,
    [1n, 1_000_000_000n],
    'Tokens of audits owed at once for each active validator, which share them by power (§10.23).',
  ),
  // Numbers are committed to under one value and revealed under the next (§10.3): honest auditors would be refused.
  positions: u16(64, null, 'Positions of an answer that an auditor compares.'),
  minRoutingTrustPpb: ppb(100_000_000, 'Trust below this still gives this much routing weight.', [1n, 999_999_999n]),
  trustHalfLifeEpochs: u32(5400, [1n, 1_000_000n], 'After so many epochs an audit counts half in the trust record.'),
});

/** Deposits (economics §6): the least that roles must keep staked, and how long what is taken out stays locked. */
export const StakeParams = new ParameterGroup('StakeParams', {
  unbondingEpochs: u16(2, epochs, 'Stake that is taken out stays locked, and can be fined, for so many epochs.'),
  mixerMinUnits: amount(10_000n * unit, 'Least stake of a mixer.'),
  oracleMinUnits: amount(1000n * unit, 'Least stake of an oracle.'),
  validatorMinUnits: amount(10_000n * unit, 'Least stake of a validator.'),
  gatewayMinUnits: amount(1000n * unit, 'Least stake of a gateway.'),
});

/** Levels of miners, 0 to 10 (D8). */
export const LevelParams = new ParameterGroup('LevelParams', {
  streak: u16(10, [1n, 65_535n], 'Audits a miner must pass without a failure between for each level.'),
  minRatePpb: ppb(900_000_000, 'Part of its audits that must have passed before a miner rises.'),
  userLevel: u8(0, [0n, 10n], "Lowest level that is drawn for users' tasks."),
  factorFloorPpb: ppb(1_000_000_000, 'Level 0 multiplies what was measured with this, level 10 always with one.'),
});

/** What is not the owners' to decide about domains (§4.1). */
export const DomainParams = new ParameterGroup('DomainParams', {
  creationFeeUnits: amount(1000n * unit, 'Paid to the treasury for a new domain.'),
  minBurnBps: bps(100, 'Least part of a price that is burned; what a domain says below it is raised.'),
  maxBurnBps: bps(3000, 'Largest part of a price that is burned; what a domain says above it is lowered.'),
  noticeEpochs: u16(2, epochs, "Epochs from a change of a domain's terms to the first epoch it holds in."),
  inferenceOnly: flag(true, 'Phase 1: no domain takes training tasks (B11).'),
});

/** Bounds of a model's terms, and who votes on it (§4.4, §4.5). */
export const ModelParams = new ParameterGroup('ModelParams', {
  minDifficultyPpm: u32(100_000, difficulty, 'Least that the work on a model may count.'),
  maxDifficultyPpm: u32(100_000_000, difficulty, 'Most that the work on a model may count.'),
  maxT1ThresholdPpb: ppb(100_000_000, 'Largest honest limit of T1 that a model may set.'),
  panelSeats: u16(5, [1n, BigInt(limits.maxPanelSeats)], 'Validators drawn to vote on a model.'),
  voteBlocks: u16(600, [1n, 65_535n], 'Blocks they have for it.'),
  maxFileMib: u32(8192, [1n, 131_072n], 'Largest model file that they fetch for it, MiB.'),
  backersBps: bps(3000, "Backers' part of a model's royalties while it has backers (economics §2.5)."),
});

/** Proof of inference: answers of one task compared with each other (§10.11, D4). */
export const PoiParams = new ParameterGroup('PoiParams', {
  outlierPpb: ppb(0, 'Below this similarity an answer is an outlier; 0: answers are not compared.'),
});

/** The network's own tasks (§4.12, D7). */
export const BackgroundParams = new ParameterGroup('BackgroundParams', {
  maxTokensPerEpoch: parameter(Count, 0, tokens, "Tokens of the network's own tasks that an epoch takes; 0: none."),
});

/** From a reward period on another amount is minted per day (economics §1.2). */
export const EmissionStage = new StructType({ fromPeriod: U32, perDayUnits: Units }, { typeName: 'EmissionStage' });

/** Emission is paid at the end of every epoch, or of the first epoch to end in a new day. */
export const rewardPeriods = { epoch: 0, day: 1 } as const;
/** What divides the security stack: duties × stake of those who did any, or the stake of all. */
export const securityWeights = { duties: 0, stake: 1 } as const;

/** When and to whom emission is paid (economics §1, §3, §4). A period that began under one rule must end under it. */
export const RewardParams = new ParameterGroup('RewardParams', {
  period: u8(0, null, 'Emission is paid at the end of every epoch (0), or of the first to end in a new day (1).'),
  dayMs: u32(dayMs, null, 'Length of a day; days begin at multiples of it in Unix time.'),
  testPeriods: u16(0, [0n, 10_000n], 'Reward periods from its registration on in which a miner gets no emission.'),
  byStanding: flag(true, 'Whether trust and level multiply what was measured of a miner.'),
  securityBy: u8(0, [0n, 1n], 'What divides the security stack: duties done times stake (0), or the stake of all (1).'),
});

/** What keeps buying one's own service from paying (economics §7). */
export const WashParams = new ParameterGroup('WashParams', {
  mintOfBurnBps: bps(9000, 'Most that is minted for work, of what its prices burned; 0: the schedule alone decides.'),
  // Two years of epochs of 16 s.
  bootstrapPeriods: u32(
    3_942_000,
    [0n, BigInt(limits.maxPeriods)],
    "Reward periods in which measured capacity gets what that leaves of the miners' stack.",
  ),
});

/** Challenges by mixers (§8). */
export const ChallengeParams = new ParameterGroup('ChallengeParams', {
  lambdaMilli: u32(5000, [0n, 20_000n], 'λ: challenges that a mixer owes a miner in an epoch on average; 0: none.'),
  alpha: u8(3, [1n, BigInt(limits.maxChallenges)], 'α: failed challenges in an epoch that cost its emission.'),
  bandwidthCap: quantity(125_000_000n, 'Bandwidth above this counts as this, bytes per second.'),
});

/** What tasks of each class ask of the speed of a miner (§6.6). */
export const SteeringParams = new ParameterGroup('SteeringParams', {
  floorPpb: ppb(
    1_000_000_000,
    'Part of its weight that a slow miner keeps in every draw; all of it: speed moves no draw.',
    [1_000_000n, 1_000_000_000n],
  ),
  dataTokensIn: u32(1024, [1n, 1_000_000_000n], 'A task signed for so many prompt tokens asks for bandwidth.'),
  computeTokensOut: u32(
    512,
    [1n, 1_000_000_000n],
    'Another that is signed for so many output tokens asks for token rate.',
  ),
});

/** What becomes of miners with weak scores (A9). */
export const WeakParams = new ParameterGroup('WeakParams', {
  belowPpb: ppb(0, 'A score below this part of the mean is weak; 0: none is.'),
  reduceAfter: u16(1, [1n, 10_000n], 'After so many weak periods in a row what is measured counts less.'),
  factorPpb: ppb(500_000_000, 'What was measured is then multiplied by this.'),
  removeAfter: u16(0, [0n, 10_000n], 'After so many the miner is deregistered; 0: never.'),
});

/** Division of the emission among stacks, Σ = 10,000 (economics §3). */
export const Stacks = new ParameterGroup('Stacks', {
  minersBps: bps(6000, "Miners' part of the emission."),
  securityBps: bps(2000, 'Part of mixers, oracles and validators.'),
  creatorsBps: bps(1000, "Part of models' creators."),
  gatewaysBps: bps(500, "Gateways' part."),
  treasuryBps: bps(500, "The treasury's part."),
});

/** Weights of the miners' competition, Σ = 10,000; empty components are shared out (economics §4). */
export const Components = new ParameterGroup('Components', {
  usageBps: bps(0, 'Weight of the tokens of tasks that users paid.'),
  stakeBps: bps(1000, 'Weight of collateral and of what others staked.'),
  hashRateBps: bps(0, 'Weight of the measured output rate.'),
  feedbackBps: bps(1000, "Weight of payers' ratings."),
  vwuBps: bps(5000, 'Weight of the work of approved tasks.'),
  bandwidthBps: bps(500, 'Weight of the measured bandwidth.'),
  computeBps: bps(2000, 'Weight of the speed of real answers.'),
  latencyBps: bps(500, 'Weight of short times to the first token.'),
  performanceBps: bps(0, 'Weight of the part of audits that passed, and of being there.'),
});
export type Components = ValueOf<typeof Components>;

/** What work of each kind counts for, of a user's own one (economics §4.1, D7). Nothing counts for more (F14). */
export const ImportanceParams = new ParameterGroup('ImportanceParams', {
  backgroundPpb: ppb(300_000_000, "What the network's own tasks count, of a user's."),
  challengePpb: ppb(100_000_000, 'What challenges count.'),
  trainingPpb: ppb(300_000_000, 'What training counts.'),
});

/** How proposals are voted on (§12). */
export const GovernanceParams = new ParameterGroup('GovernanceParams', {
  depositUnits: amount(100n * unit, 'Deposit of a proposal; burned when it is vetoed.'),
  votingEpochs: u16(14, epochs, 'Epochs in which a proposal is voted on.'),
  delayEpochs: u16(2, [0n, 10_000n], 'Epochs between the count of the votes and what they decided.'),
  quorumPpb: ppb(334_000_000, 'Least part of all voting weight that must have voted.'),
  passPpb: ppb(500_000_000, 'Of what was not abstained, more than this must say yes.', [500_000_000n, 1_000_000_000n]),
  vetoPpb: ppb(334_000_000, 'From this part of the votes on, vetoes reject.'),
});

/** Fines, and who decides about them (economics §6). */
export const CaseParams = new ParameterGroup('CaseParams', {
  foundationReview: flag(true, 'Phase 1: every fine waits for the foundation; otherwise it is due unless appealed.'),
  automaticDecision: flag(
    true,
    'What the foundation did not decide in time is then due unless appealed; otherwise it is dismissed.',
  ),
  foundation: parameter(listOfAddresses(limits.maxFoundation), [], 'list', 'Members of the foundation.'),
  foundationQuorum: u16(1, [1n, BigInt(limits.maxFoundation)], 'Members of the foundation that must agree.'),
  gainPpb: ppb(600_000_000, 'What one cheated task saves, of its price.'),
  factorPpb: u32(1_500_000_000, [1_000_000_000n, 4_000_000_000n], 'A fine multiplies that with this.'),
  detectionPpb: ppb(950_000_000, 'Part of cheated answers that an audit finds.', [100_000_000n, 1_000_000_000n]),
  incidentCapPpb: ppb(100_000_000, 'Most of a stake that one case may take.', [0n, 100_000_000n]),
  dailyCapPpb: ppb(300_000_000, 'Most of a stake that the cases of one day may take.', [0n, 300_000_000n]),
  rewardPpb: ppb(200_000_000, 'Part of a fine that goes to those who found the failure.', [0n, 200_000_000n]),
  reviewEpochs: u16(14, epochs, 'Epochs that the foundation has to decide a case.'),
  appealEpochs: u16(24, epochs, 'Epochs after which a case that is not appealed is due.'),
  appealBondUnits: amount(100n * unit, 'Bond of an appeal.'),
  breakerPpb: ppb(50_000_000, "With more than this part of a model's miners failing in an epoch its penalties freeze."),
  breakerMinFailing: u32(3, [1n, 1_000_000n], 'Fewer failing miners than this never freeze anything.'),
  ejectionSlashPpb: ppb(100_000_000, 'What ejection takes of the collateral when its evidence is hard.'),
  ejectionReturnPpb: ppb(1_000_000_000, 'What ejection leaves of the collateral when its evidence is not hard.'),
  offencePpb: ppb(100_000_000, 'What a proven offence of a mixer or validator takes of its stake, before the caps.'),
  // Evidence that was too old once must never be young again: its case may be forgotten.
  evidenceEpochs: u16(2, null, 'Epochs after which a header proves nothing any more.'),
  keepEpochs: u16(14, [0n, 10_000n], 'Epochs for which a decided case is kept.'),
});

/** In the order in which they are encoded. */
export const parameters = {
  blockTimeMs: u32(500, [10n, BigInt(dayMs)], 'Time from one block to the next.'),
  // Epoch e is a range of heights (§2.1): another length would give two epochs the same heights.
  epochBlocks: u32(32, null, 'Blocks in an epoch.'),
  settlementRows: u32(
    10_000,
    [1n, 100_000_000n],
    'Rows of a settlement that one block takes; the next goes on (§2.8).',
  ),
  receiptLifetimeBlocks: u32(1024, [2n, 1_000_000n], 'Blocks after its draw in which a receipt may be certified.'),
  transactionFeeUnits: amount(1_000_000n, 'Fee of a transaction.', 1_000_000_000_000n),
  maxReassignments: u16(3, [0n, 100n], 'How often a task may go to another miner.'),
  batchMs: u32(100, waitMs, 'Longest time a mixer gathers receipts before it offers a batch (§7.2).'),
  deadlines: Deadlines,
  queue: QueueParams,
  audit: AuditParams,
  stake: StakeParams,
  levels: LevelParams,
  domains: DomainParams,
  models: ModelParams,
  poi: PoiParams,
  background: BackgroundParams,
  powerWorkPpb: ppb(333_333_333, "ω: part of a validator's power that comes from work, the rest from stake."),
  emissionPerDayUnits: amount(410_900n * unit, 'Minted per day until the first of the stages.'),
  emissionStages: parameter(
    new ListCompositeType(EmissionStage, limits.maxEmissionStages),
    [],
    'list',
    'From a reward period on another amount is minted per day.',
  ),
  halvingDays: u32(730, [0n, 100_000n], 'Days after which emission is halved; 0: never.'),
  rewards: RewardParams,
  wash: WashParams,
  challenges: ChallengeParams,
  steering: SteeringParams,
  weak: WeakParams,
  stacks: Stacks,
  components: Components,
  feedbackCapUnits: amount(1000n * unit, "Most of one payer's spending that counts for its ratings in a period."),
  vwuPerTokenIn: u32(1, [0n, 1_000_000n], 'Work units of a prompt token.'),
  vwuPerTokenOut: u32(3, [0n, 1_000_000n], 'Work units of an output token.'),
  importance: ImportanceParams,
  governance: GovernanceParams,
  cases: CaseParams,
} as const;

/** Every number of the protocol a network may choose. */
export const Params = new ContainerType(typesOf(parameters), { typeName: 'Params' });
export type Params = ValueOf<typeof Params>;
