import { Bool, Bytes32, enumOf, StructListType, StructType, U8, U16, U32, type ValueOf } from '@assay/ssz';
import { ContainerType, ListCompositeType } from '@chainsafe/ssz';
import { CaseRow } from '../case/cases.ts';
import { DomainRow } from '../domain/domains.ts';
import { Address, Count, Height, listOfQuantities, Name, Quantity, TimeMs, Units } from '../encoding.ts';
import { BurnRow, PayoutRow } from '../epoch/payouts.ts';
import { GenesisModel } from '../genesis.ts';
import { limits } from '../limits.ts';
import { NoiseProfile } from '../model/profiles.ts';
import { Params } from '../params/parameters.ts';
import { listOfRefs, type Ref, ref } from '../refs.ts';
import {
  CommitteeRow,
  GatewayRow,
  Hardware,
  MinerSplit,
  MixerRow,
  RetiredKeyRow,
  RoleRow,
  RoleStatus,
  RotateCommitteeKey,
  RotateConsensusKey,
  RotateKey,
  StakeKind,
  UpdateMiner,
  ValidatorRow,
} from '../role/roles.ts';
import { Surprise } from '../task/audit-numbers.ts';
import { DisputeRow, MeasureRow, TransitionRow } from '../task/records.ts';
import { ProposalRow, VoteRow } from '../vote/governance.ts';
import { type TableFacts, table } from './table-type.ts';
import { AuditRow, RatingRow, TaskRow } from './tasks.ts';

export const AccountRow = new StructType(
  { address: Address, balanceUnits: Units, nonce: Count },
  { typeName: 'AccountRow' },
);
export type AccountRow = ValueOf<typeof AccountRow>;

export const MinerRow = new StructType(
  {
    operator: Address,
    owner: Address,
    publicKey: Bytes32,
    domain: ref('domains'),
    models: listOfRefs('models', limits.maxModelsPerMiner),
    contextTokens: U32,
    concurrency: U16,
    evidenceLevel: U8,
    /** Root of the engine it runs (§3.8); what both were before, and the first epoch of the present ones. */
    engine: Bytes32,
    earlierEngine: Bytes32,
    earlierEvidenceLevel: U8,
    engineEpoch: U32,
    /** Whether nobody could compare it last time but by the widest profile, or it is new since (§10.13.1). */
    engineUnknown: Bool,
    /** As it says itself (§3.13). */
    hardware: Hardware,
    collateralUnits: Units,
    /** What others delegated to it; the money itself stands in the delegations. */
    delegatedUnits: Units,
    split: MinerSplit,
    status: RoleStatus,
    /** Height of the block that gave it this status. */
    statusHeight: Height,
    /** First height whose draws may pick this miner. */
    activeFrom: Height,
    /** The validator its work counts for (economics §8); `noValidator` for none. */
    validator: ref('validators'),
    /** Routing weight, fixed between epoch ends; zero while it is not active (§6.2). */
    weight: Quantity,
    /** Lower confidence bound of the audit record, parts per billion (verification §4). */
    trustPpb: U32,
    /** Decayed counts of audits passed and failed, millionths. */
    passedMicro: Count,
    failedMicro: Count,
    /** Level 0 to 10 (D8), and audits passed since the last failure that have not raised it yet. */
    level: U8,
    streak: U32,
    /** Evidence of cheating from the audits, thousandths of a nat (verification §4.5). */
    cusumMilli: U32,
    /** Failures among that evidence, how many of them are hard, and level and streak before the first of them. */
    failures: U32,
    hardFailures: U32,
    /** Pooled positions at which the registered model differs, thousandths (verification §4.7). */
    mismatchesMilli: U32,
    /** Pooled surprise of tokens that a server's own chance drew (verification §3.5). */
    surprise: Surprise,
    priorLevel: U8,
    priorStreak: U32,
    /** Audits with a result that it owes for those its engine left without one (§10.13). */
    resultsOwed: U16,
    /** First epoch in which it may have another plant that was passed looked at again (§10.26). */
    plantFrom: U32,
    /** Certified and audited tasks of all time. */
    tasks: Count,
    audited: Count,
    rejected: Count,
    /** Reward period it registered in, and its trust when the present one began. */
    registeredPeriod: U32,
    periodTrustPpb: U32,
    /** Part of its tasks it did in time, parts per billion, and late steps of all time (verification §4.6). */
    availabilityPpb: U32,
    strikes: U32,
    /** This epoch: tasks certified, and late steps. */
    epochCertified: U32,
    epochLate: U32,
    /** Failed too many challenges: nothing of the emission of this reward period (§8.5). */
    forfeits: Bool,
    /** Reward periods in a row in which its score was weak (economics §4.7). */
    weakPeriods: U32,
    /** This reward period: VWU of approved tasks, and the API tokens of those a user paid for. */
    epochVwu: Quantity,
    epochTokens: Quantity,
    /** Of the approved tasks: how many, Σ latency in millionths, output tokens after the first and their time. */
    epochTasks: U32,
    epochLatencyMicro: Quantity,
    epochOutTokens: Quantity,
    epochOutMs: Quantity,
    /** This epoch: audits passed and failed. */
    epochPassed: U32,
    epochFailed: U32,
    /** The epoch that standing and counts are of: the one before this, until the settlement renews them (§2.7). */
    standingEpoch: U32,
  },
  { typeName: 'MinerRow' },
);
export type MinerRow = ValueOf<typeof MinerRow>;

/** A miner that counts for no validator. */
export const noValidator: Ref<'validators'> = 0xffff_ffff;

/** What the validator of the same index weighs in consensus, and the work it is weighed by (economics §8). */
export const PowerRow = new StructType(
  {
    powerPpb: U32,
    /** This epoch: VWU of approved tasks of its miners, and of the tasks it audited. */
    epochWork: Quantity,
    /** Of the epochs before, the last first. */
    recentWork: listOfQuantities(limits.powerEpochs),
    /** No-results that this epoch still counts as duties: one for each audit it could check (§10.22). */
    noResultsLeft: U32,
  },
  { typeName: 'PowerRow' },
);
export type PowerRow = ValueOf<typeof PowerRow>;

/** What one account staked on a miner (economics §6.2). */
export const DelegationRow = new StructType(
  { staker: Address, miner: ref('miners'), stakeUnits: Units },
  { typeName: 'DelegationRow' },
);
export type DelegationRow = ValueOf<typeof DelegationRow>;

/** Stake that was taken out and waits for its release (economics §6.1). */
export const UnbondingRow = new StructType(
  {
    account: Address,
    /** Where it was staked, and the index in that table. */
    kind: StakeKind,
    role: U32,
    units: Units,
    /** Paid out when this epoch ends. */
    releaseEpoch: U32,
  },
  { typeName: 'UnbondingRow' },
);
export type UnbondingRow = ValueOf<typeof UnbondingRow>;

/** `proposed`: its panel has not decided yet. Only accepted models get sessions (§4.5). */
export const ModelStatus = enumOf('proposed', 'accepted', 'refused');
export type ModelStatus = ValueOf<typeof ModelStatus>;
export const ModelVote = enumOf('open', 'accepts', 'refuses');
export const PanelSeat = new StructType({ validator: ref('validators'), vote: ModelVote }, { typeName: 'PanelSeat' });
export type PanelSeat = ValueOf<typeof PanelSeat>;

export const ModelRow = new StructType(
  {
    ...GenesisModel.fields,
    status: ModelStatus,
    /** Height and beacon reveals from which its panel waits for its draw; the panel, and its last height to vote. */
    proposedHeight: Height,
    proposedReveals: Count,
    panel: new StructListType(PanelSeat, limits.maxPanelSeats),
    voteDeadline: Height,
    /** Draws below this height still cost the prices before (§4.6). */
    priceFrom: Height,
    earlierPriceInUnits: Units,
    earlierPriceOutUnits: Units,
    /** This reward period: VWU of approved tasks; audits passed and failed. */
    epochVwu: Quantity,
    epochPassed: U32,
    epochFailed: U32,
  },
  { typeName: 'ModelRow' },
);
export type ModelRow = ValueOf<typeof ModelRow>;

/** What an account has in a model: shares, and base units it backs it with. */
export const HoldingRow = new StructType(
  {
    model: ref('models'),
    holder: Address,
    shares: U16,
    backingUnits: Units,
    /** Of the shares, those for sale, and what one of them costs (§4.7.1). */
    offeredShares: U16,
    priceUnits: Units,
  },
  { typeName: 'HoldingRow' },
);
export type HoldingRow = ValueOf<typeof HoldingRow>;

export const SessionStatus = enumOf('open', 'closing', 'closed');
export const SessionRow = new StructType(
  {
    payer: Address,
    sessionKey: Bytes32,
    domain: ref('domains'),
    model: ref('models'),
    homeMixer: ref('mixers'),
    status: SessionStatus,
    /** What is left in escrow. */
    escrowUnits: Units,
    spentUnits: Units,
    maxTaskUnits: Units,
    /** First height whose draws the session no longer pays for; closing brings it forward. */
    expiryHeight: Height,
    redundancy: U8,
    isBackground: Bool,
    /** Whether its prompts may become challenges of other miners (§4.14). */
    sharesPrompts: Bool,
    dedicatedMiners: listOfRefs('miners', limits.maxDedicatedMiners),
  },
  { typeName: 'SessionRow' },
);
export type SessionRow = ValueOf<typeof SessionRow>;

const roleMoney = ['stakeUnits'] as const;
const caseMoney = ['heldUnits', 'unbondingUnits', 'bondUnits'] as const;

/** Each table of the state, declared once: `TableFacts` says what of. Those of the state's encoding keep this order. */
export const tables = {
  accounts: table(AccountRow, {
    money: ['balanceUnits'],
    key: ['address'],
    proof: 'account',
  }),
  miners: table(MinerRow, {
    money: ['collateralUnits'],
    key: ['operator'],
    unique: ['publicKey'],
    books: 0,
    proof: 'miner',
  }),
  mixers: table(MixerRow, { money: roleMoney, unique: ['publicKey', 'blsPublicKey'], books: 1 }),
  /** Of all epochs: one row from each change on. */
  committees: table(CommitteeRow, {}),
  oracles: table(RoleRow, { money: roleMoney, unique: ['publicKey'], books: 2 }),
  validators: table(ValidatorRow, { money: roleMoney, unique: ['publicKey', 'consensusKey'], books: 3 }),
  gateways: table(GatewayRow, { money: roleMoney, unique: ['publicKey'], books: 4 }),
  /** What this epoch announced for the next one. */
  keyChanges: table(RotateKey, { key: ['kind', 'publicKey'], prunable: true }),
  committeeKeyChanges: table(RotateCommitteeKey, { key: ['blsPublicKey'], prunable: true }),
  consensusKeyChanges: table(RotateConsensusKey, { key: ['consensusKey'], prunable: true }),
  minerUpdates: table(UpdateMiner, { prunable: true }),
  /** Rising by their last height. */
  retiredKeys: table(RetiredKeyRow, { key: ['consensusKey'], prunable: true }),
  powers: table(PowerRow, {}),
  delegations: table(DelegationRow, { money: ['stakeUnits'], key: ['staker', 'miner'], prunable: true, books: 5 }),
  unbonding: table(UnbondingRow, { money: ['units'], prunable: true }),
  domains: table(DomainRow, { books: 6 }),
  models: table(ModelRow, { key: ['name'], unique: ['fileHash'], books: 7 }),
  /** What votes and genesis put in force; of the same model and engines the newest holds (verification §3.3). */
  profiles: table(NoiseProfile, { key: ['model', 'minerEngine', 'auditorEngine'] }),
  holdings: table(HoldingRow, { money: ['backingUnits'], key: ['model', 'holder'], prunable: true, books: 8 }),
  sessions: table(SessionRow, { money: ['escrowUnits'], proof: 'session' }),
  /** Open tasks, and settled ones until no second receipt for them could be accepted. */
  tasks: table(TaskRow, {
    money: ['pendingUnits'],
    key: ['taskId'],
    prunable: true,
    books: 9,
    proof: 'task',
  }),
  audits: table(AuditRow, { key: ['taskId'], prunable: true }),
  /** Late steps of tasks that could still be certified. */
  transitions: table(TransitionRow, { key: ['taskId'], prunable: true }),
  /** Of each miner that was ever measured. */
  measures: table(MeasureRow, { key: ['miner'], books: 13 }),
  /** Challenges that auditors decide on, as long as their tasks are kept. */
  disputes: table(DisputeRow, { key: ['taskId'], prunable: true }),
  /** Of the reward period. */
  burns: table(BurnRow, { prunable: true, books: 10 }),
  /** Of the epoch that was settled last. */
  payouts: table(PayoutRow, { prunable: true, proof: 'payout' }),
  ratings: table(RatingRow, { prunable: true, books: 11 }),
  cases: table(CaseRow, { money: caseMoney, prunable: true, books: 12 }),
  proposals: table(ProposalRow, { money: ['depositUnits'] }),
  /** Votes on proposals that are still voted on: one to an account and proposal. */
  votes: table(VoteRow, { key: ['proposal', 'voter'], prunable: true }),
};

/** Everything of the state that is not a table. */
export const Globals = new StructType(
  {
    chainId: Name,
    genesisHash: Bytes32,
    genesisMs: TimeMs,
    height: Height,
    timeMs: TimeMs,
    epoch: U32,
    epochStartMs: TimeMs,
    /** The reward period and its beginning; the same as the epoch while every epoch is one. */
    period: U32,
    periodStartMs: TimeMs,
    /** Time of blocks that counts for emission and for which nothing was minted yet (economics §1.20). */
    mintMs: TimeMs,
    /** Current beacon, and the one this epoch draws with (§9.1). */
    beacon: Bytes32,
    epochBeacon: Bytes32,
    reveals: Count,
    /** Tokens of the network's own tasks certified in this epoch (§4.12). */
    backgroundTokens: Count,
    /** Cases opened so far: the number of the next one. */
    openedCases: U32,
    /** The rule in force, and the one a vote decided on with its first height; zeros for none (§2.4). */
    rule: U32,
    nextRule: U32,
    nextRuleHeight: Height,
    genesisUnits: Units,
    mintedUnits: Units,
    burnedUnits: Units,
    treasuryUnits: Units,
    /** Epochs whose settlement is done: as many as `epoch`, one less while the last one's goes on (§2.7). */
    settledEpochs: U32,
    /** Of these, how many left nothing that is still to be forgotten (§2.5). */
    prunedEpochs: U32,
    /** What the settlement took out of pending or minted and has not paid yet. */
    settlingUnits: Units,
  },
  { typeName: 'Globals' },
);
export type Globals = ValueOf<typeof Globals>;

type Tables = typeof tables;
/** A table of the state, by its name there. */
export type TableName = keyof Tables;
/** A row of a table. */
export type RowOf<Name extends TableName> = ValueOf<Tables[Name]['elementType']>;
export const tableNames = Object.keys(tables) as TableName[];
type AnyFacts = { readonly [Fact in keyof TableFacts<never>]?: unknown } & Pick<TableFacts<never>, 'books' | 'proof'>;
const factsOf = (name: TableName): AnyFacts => tables[name].facts;
type NamesWith<Fact> = { [Name in TableName]: Tables[Name]['facts'] extends Fact ? Name : never }[TableName];
/** A table whose rows hold base units. */
export type MoneyName = NamesWith<{ readonly money: readonly string[] }>;
export const moneyNames = tableNames.filter((name): name is MoneyName => factsOf(name).money !== undefined);

type ProofTables = {
  [Name in TableName as Tables[Name]['facts'] extends { readonly proof: infer Word extends string }
    ? Word
    : never]: Name;
};
/** The table of each word by which a proof of a row is asked for (§2.6). */
export const proofTables = Object.fromEntries(
  tableNames.flatMap((name) => {
    const { proof } = factsOf(name);
    return proof === undefined ? [] : [[proof, name]];
  }),
) as ProofTables;

/** A table that a settlement keeps a copy of. */
export type BookName = NamesWith<{ readonly books: number }>;
const orderOf = (name: TableName): number => factsOf(name).books ?? -1;
/** The tables that a settlement reads, in the order of its books. */
export const bookNames = tableNames
  .filter((name): name is BookName => orderOf(name) >= 0)
  .toSorted((a, b) => orderOf(a) - orderOf(b));
const bookTables = Object.fromEntries(bookNames.map((name) => [name, tables[name]])) as Pick<Tables, BookName>;

/** What an epoch left to its settlement (§2.7). */
export const Books = new ContainerType({ globals: Globals, params: Params, ...bookTables }, { typeName: 'Books' });

/** The whole state; its root is in every block (§2.2). */
export const State = new ContainerType(
  {
    globals: Globals,
    params: Params,
    ...tables,
    /** Of the epoch before, while its settlement goes on. */
    books: new ListCompositeType(Books, 1),
  },
  { typeName: 'State' },
);
export type StateValue = ValueOf<typeof State>;
