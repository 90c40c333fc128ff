import { ContainerType, ListCompositeType } from '@chainsafe/ssz';
import { CaseParams } from './cases.ts';
import { Components, DomainParams, GenesisDomain } from './domains.ts';
import {
  Address,
  BlsPublicKey,
  BlsSignature,
  Bytes32,
  Count,
  Name,
  TimeMs,
  U8,
  U16,
  U32,
  Units,
  type ValueOf,
} from './encoding.ts';
import { limits } from './limits.ts';
import { StructType } from './struct.ts';

/** Longest time each step of a task may take, milliseconds (§5). */
export const Deadlines = new StructType(
  {
    prepareMs: U32,
    firstTokenMs: U32,
    generationMs: U32,
    generationPerTokenMs: U32,
    /** Longest silence within an answer (§5.17). */
    stallMs: U32,
    commitMs: U32,
    /** Grace after a miner's stream broke. */
    lostMs: U32,
    /** How long one oracle has the lead before the next takes over (§5.3). */
    oracleSlotMs: U32,
  },
  { typeName: 'Deadlines' },
);
export type Deadlines = ValueOf<typeof Deadlines>;

/** Audit policy (§10). */
export const AuditParams = new StructType(
  {
    /** Tasks of a new miner that are all audited. */
    newMinerTasks: U32,
    /** Lowest audit rate, parts per billion. */
    floorPpb: U32,
    /** Blocks between a receipt and its draw; the beacon must have moved as often (§9.1). */
    drawDelayBlocks: U16,
    commitBlocks: U16,
    revealBlocks: U16,
    /** Tokens of audits owed at once for each active validator, which share them by stake (§10.23). */
    openTokensPerValidator: U32,
    /** Output positions an auditor compares. */
    positions: U16,
    /** Trust below this still gives this much routing weight, parts per billion. */
    minRoutingTrustPpb: U32,
    /** Epochs after which an audit counts half in the trust record. */
    trustHalfLifeEpochs: U32,
  },
  { typeName: 'AuditParams' },
);

/** Bounds of a model's terms, and who votes on it (§4.4, §4.5). */
export const ModelParams = new StructType(
  {
    minDifficultyPpm: U32,
    maxDifficultyPpm: U32,
    maxT1ThresholdPpb: U32,
    /** Validators drawn to vote on a model. */
    panelSeats: U16,
    /** Blocks they have for it. */
    voteBlocks: U16,
    /** Backers' part of a model's royalties while it has backers, basis points (economics §2.5). */
    backersBps: U16,
  },
  { typeName: 'ModelParams' },
);

/** Division of the emission among stacks, basis points, Σ = 10,000 (economics §3). */
export const Stacks = new StructType(
  { minersBps: U16, securityBps: U16, creatorsBps: U16, gatewaysBps: U16, treasuryBps: U16 },
  { typeName: 'Stacks' },
);

/** Deposits (economics §6): the least that roles must keep staked, and how long what is taken out stays locked. */
export const StakeParams = new StructType(
  {
    unbondingEpochs: U16,
    mixerMinUnits: Units,
    oracleMinUnits: Units,
    validatorMinUnits: Units,
    gatewayMinUnits: Units,
  },
  { typeName: 'StakeParams' },
);

/** From a reward period on another amount is minted per day (economics §1.2). */
export const EmissionStage = new StructType({ fromPeriod: U32, perDayUnits: Units }, { typeName: 'EmissionStage' });

/** Emission is paid at the end of every epoch, or of the first epoch to end in a new day. */
export const rewardPeriods = { epoch: 0, day: 1 } as const;
/** What divides the security stack: duties × stake of those who did any, or the stake of all. */
export const securityWeights = { duties: 0, stake: 1 } as const;

/** When and to whom emission is paid (economics §1, §3, §4). */
export const RewardParams = new StructType(
  {
    period: U8,
    /** Length of a day; days begin at multiples of it in Unix time. */
    dayMs: U32,
    /** Reward periods from its registration on in which a miner gets none of the emission. */
    testPeriods: U16,
    securityBy: U8,
  },
  { typeName: 'RewardParams' },
);

/** How proposals are voted on (§12). */
export const GovernanceParams = new StructType(
  {
    depositUnits: Units,
    votingEpochs: U16,
    /** Epochs between the count of the votes and what they decided. */
    delayEpochs: U16,
    /** Least part of all voting weight that must have voted, parts per billion. */
    quorumPpb: U32,
    /** Of what was not abstained, more than this must say yes, parts per billion. */
    passPpb: U32,
    /** From this part of the votes on, vetoes reject, parts per billion. */
    vetoPpb: U32,
  },
  { typeName: 'GovernanceParams' },
);

/** Levels of miners, 0 to 10 (D8). */
export const LevelParams = new StructType(
  {
    /** Audits passed without a failure between for each level. */
    streak: U16,
    /** Part of its audits that must have passed before a miner rises, parts per billion. */
    minRatePpb: U32,
    /** Lowest level that is drawn for users' tasks. */
    userLevel: U8,
    /** What level 0 multiplies the measured values with, parts per billion; level 10 always with one. */
    factorFloorPpb: U32,
  },
  { typeName: 'LevelParams' },
);

/** What keeps buying one's own service from paying (economics §7). */
export const WashParams = new StructType(
  {
    /** Most that is minted for work, basis points of what its prices burned; 0: the schedule alone decides. */
    mintOfBurnBps: U16,
    /** Reward periods in which measured capacity gets what that leaves of the miners' stack. */
    bootstrapPeriods: U32,
  },
  { typeName: 'WashParams' },
);

/** Challenges by mixers (§8). */
export const ChallengeParams = new StructType(
  {
    /** λ: challenges that a mixer owes a miner in an epoch on average, thousandths; 0: none. */
    lambdaMilli: U32,
    /** α: failures that a mixer must have counted in an epoch for the penalty. */
    alpha: U8,
    /** Bandwidth above this counts as this, bytes per second. */
    bandwidthCap: Units,
  },
  { typeName: 'ChallengeParams' },
);

/** What becomes of miners with weak scores (A9). */
export const WeakParams = new StructType(
  {
    /** A score below this part of the mean is weak, parts per billion; 0: none is. */
    belowPpb: U32,
    /** After so many weak periods in a row what is measured is multiplied by this, parts per billion. */
    reduceAfter: U16,
    factorPpb: U32,
    /** After so many the miner is deregistered; 0: never. */
    removeAfter: U16,
  },
  { typeName: 'WeakParams' },
);

/** Proof of inference: answers of one task compared with each other (§10.11, D4). */
export const PoiParams = new StructType(
  {
    /** Below this similarity an answer is an outlier, parts per billion; 0: answers are not compared. */
    outlierPpb: U32,
  },
  { typeName: 'PoiParams' },
);

/** The network's own tasks (§4.12, D7). */
export const BackgroundParams = new StructType(
  {
    /** Prompt and output tokens that an epoch takes at most; 0: none. */
    maxTokensPerEpoch: Count,
  },
  { typeName: 'BackgroundParams' },
);

/** What work of each kind counts for, of a user's own one, parts per billion (economics §4.1, D7). */
export const ImportanceParams = new StructType(
  { backgroundPpb: U32, challengePpb: U32, trainingPpb: U32 },
  { typeName: 'ImportanceParams' },
);

/** Every number of the protocol a network may choose. */
export const Params = new ContainerType(
  {
    blockTimeMs: U32,
    epochBlocks: U32,
    /** Rows of a settlement that one block takes; a larger one goes on in the next (§2.8). */
    settlementRows: U32,
    /** Blocks after its draw in which a receipt may still be certified. */
    receiptLifetimeBlocks: U32,
    transactionFeeUnits: Units,
    maxReassignments: U16,
    /** Longest time a mixer gathers receipts before it offers a batch, milliseconds (§7.2). */
    batchMs: U32,
    deadlines: Deadlines,
    audit: AuditParams,
    stake: StakeParams,
    levels: LevelParams,
    domains: DomainParams,
    models: ModelParams,
    poi: PoiParams,
    background: BackgroundParams,
    /** ω: part of a validator's power that comes from work, the rest from stake, parts per billion (economics §8). */
    powerWorkPpb: U32,
    /** Base units minted per day until the first of the stages; halved every `halvingDays`, never when that is zero. */
    emissionPerDayUnits: Units,
    emissionStages: new ListCompositeType(EmissionStage, limits.maxEmissionStages),
    halvingDays: U32,
    rewards: RewardParams,
    wash: WashParams,
    challenges: ChallengeParams,
    weak: WeakParams,
    stacks: Stacks,
    components: Components,
    /** Most of one payer's spending that counts for its ratings in a reward period (economics §4.5). */
    feedbackCapUnits: Units,
    /** VWU per prompt token and per output token. */
    vwuPerTokenIn: U32,
    vwuPerTokenOut: U32,
    importance: ImportanceParams,
    governance: GovernanceParams,
    cases: CaseParams,
  },
  { typeName: 'Params' },
);
export type Params = ValueOf<typeof Params>;

export const GenesisAccount = new StructType({ address: Address, balanceUnits: Units }, { typeName: 'GenesisAccount' });

/** A committee member: mixers sign certificates and beacon reveals with the BLS key (§1.2). */
export const GenesisMixer = new StructType(
  { publicKey: Bytes32, blsPublicKey: BlsPublicKey, possession: BlsSignature, stakeUnits: Units },
  { typeName: 'GenesisMixer' },
);

/** An oracle, validator or gateway; `operator` is who runs it (§10.2). */
export const GenesisRole = new StructType(
  { publicKey: Bytes32, operator: Address, stakeUnits: Units },
  { typeName: 'GenesisRole' },
);

/** A registered model (§4.2): its file, what it costs, when its auditors call a difference a failure. */
export const GenesisModel = new StructType(
  {
    name: Name,
    domain: U32,
    creator: Address,
    royaltyBps: U16,
    /** SHA-256 of the model file. */
    fileHash: Bytes32,
    contextTokens: U32,
    priceInUnits: Units,
    priceOutUnits: Units,
    /** Parts per million. */
    difficultyPpm: U32,
    /** Honest limit of T1, parts per billion; above three times this a failure is hard (verification §2). */
    t1ThresholdPpb: U32,
  },
  { typeName: 'GenesisModel' },
);

export const Genesis = new ContainerType(
  {
    chainId: Name,
    timeMs: TimeMs,
    params: Params,
    accounts: new ListCompositeType(GenesisAccount, limits.maxTableRows),
    mixers: new ListCompositeType(GenesisMixer, limits.maxMixers),
    oracles: new ListCompositeType(GenesisRole, limits.maxTableRows),
    validators: new ListCompositeType(GenesisRole, limits.maxTableRows),
    gateways: new ListCompositeType(GenesisRole, limits.maxTableRows),
    domains: new ListCompositeType(GenesisDomain, limits.maxTableRows),
    models: new ListCompositeType(GenesisModel, limits.maxTableRows),
  },
  { typeName: 'Genesis' },
);
export type Genesis = ValueOf<typeof Genesis>;
