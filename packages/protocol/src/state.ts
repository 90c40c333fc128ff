import { ContainerType, ListCompositeType, type Type } from '@chainsafe/ssz';
import { CaseRow } from './cases.ts';
import { DomainRow } from './domains.ts';
import { Address, Count, Height, listOfQuantities, Name, Quantity, TimeMs, Units } from './encoding.ts';
import { ProposalRow, VoteRow } from './governance.ts';
import { limits } from './limits.ts';
import { Params } from './parameters.ts';
import { BurnRow, PayoutRow } from './payouts.ts';
import { DisputeRow, MeasureRow, TransitionRow } from './records.ts';
import { CommitteeRow, MinerSplit, MixerRow, RoleRow, RotateCommitteeKey, RotateKey, UpdateMiner } from './roles.ts';
import { RowListType } from './rows.ts';
import { Bool, Bytes32, listOfU32, U8, U16, U32, type ValueOf } from './scalars.ts';
import { StructListType, StructType } from './struct.ts';
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
    domain: U32,
    models: listOfU32(limits.maxModelsPerMiner),
    contextTokens: U32,
    concurrency: U16,
    evidenceLevel: U8,
    /** Root of the engine it runs (§3.8); what both were before, and the first epoch of the present ones. */
    engine: Bytes32,
    earlierEngine: Bytes32,
    earlierEvidenceLevel: U8,
    engineEpoch: U32,
    collateralUnits: Units,
    /** What others delegated to it; the money itself stands in the delegations. */
    delegatedUnits: Units,
    split: MinerSplit,
    status: U8,
    /** Height of the block that gave it this status. */
    statusHeight: Height,
    /** First height whose draws may pick this miner. */
    activeFrom: Height,
    /** The validator its work counts for (economics §8); `noValidator` for none. */
    validator: U32,
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
    /** The epoch that standing and counts are of: the one before this, until the settlement writes them anew (§2.7). */
    standingEpoch: U32,
  },
  { typeName: 'MinerRow' },
);
export type MinerRow = ValueOf<typeof MinerRow>;

/** A miner that counts for no validator. */
export const noValidator = 0xffff_ffff;

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
  { staker: Address, miner: U32, stakeUnits: Units },
  { typeName: 'DelegationRow' },
);
export type DelegationRow = ValueOf<typeof DelegationRow>;

/** Stake that was taken out and waits for its release (economics §6.1). */
export const UnbondingRow = new StructType(
  {
    account: Address,
    /** Where it was staked; one of `stakeKinds`, and the index in that table. */
    kind: U8,
    role: U32,
    units: Units,
    /** Paid out when this epoch ends. */
    releaseEpoch: U32,
  },
  { typeName: 'UnbondingRow' },
);
export type UnbondingRow = ValueOf<typeof UnbondingRow>;

/** `proposed`: its panel has not decided yet. Only accepted models get sessions (§4.5). */
export const modelStatuses = { proposed: 0, accepted: 1, refused: 2 } as const;
export const modelVotes = { open: 0, accepts: 1, refuses: 2 } as const;
export const PanelSeat = new StructType({ validator: U32, vote: U8 }, { typeName: 'PanelSeat' });
export type PanelSeat = ValueOf<typeof PanelSeat>;

export const ModelRow = new StructType(
  {
    name: Name,
    domain: U32,
    creator: Address,
    royaltyBps: U16,
    fileHash: Bytes32,
    contextTokens: U32,
    priceInUnits: Units,
    priceOutUnits: Units,
    difficultyPpm: U32,
    t1ThresholdPpb: U32,
    status: U8,
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
  { model: U32, holder: Address, shares: U16, backingUnits: Units },
  { typeName: 'HoldingRow' },
);
export type HoldingRow = ValueOf<typeof HoldingRow>;

export const sessionStatuses = { open: 0, closing: 1, closed: 2 } as const;
export const SessionRow = new StructType(
  {
    payer: Address,
    sessionKey: Bytes32,
    domain: U32,
    model: U32,
    homeMixer: U32,
    status: U8,
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
    dedicatedMiners: listOfU32(limits.maxDedicatedMiners),
  },
  { typeName: 'SessionRow' },
);
export type SessionRow = ValueOf<typeof SessionRow>;

const tableOf = <Fields extends Record<string, Type<unknown>>>(row: StructType<Fields>) =>
  new RowListType(row, limits.maxTableRows);

export const tables = {
  accounts: tableOf(AccountRow),
  miners: tableOf(MinerRow),
  mixers: tableOf(MixerRow),
  /** Of all epochs: one row from each change on. */
  committees: tableOf(CommitteeRow),
  oracles: tableOf(RoleRow),
  validators: tableOf(RoleRow),
  gateways: tableOf(RoleRow),
  /** What this epoch announced for the next one. */
  keyChanges: tableOf(RotateKey),
  committeeKeyChanges: tableOf(RotateCommitteeKey),
  minerUpdates: tableOf(UpdateMiner),
  powers: tableOf(PowerRow),
  delegations: tableOf(DelegationRow),
  unbonding: tableOf(UnbondingRow),
  domains: tableOf(DomainRow),
  models: tableOf(ModelRow),
  holdings: tableOf(HoldingRow),
  sessions: tableOf(SessionRow),
  /** Open tasks, and settled ones until no second receipt for them could be accepted. */
  tasks: tableOf(TaskRow),
  audits: tableOf(AuditRow),
  /** Late steps of tasks that could still be certified. */
  transitions: tableOf(TransitionRow),
  /** Of each miner that was ever measured. */
  measures: tableOf(MeasureRow),
  /** Challenges that auditors decide on, as long as their tasks are kept. */
  disputes: tableOf(DisputeRow),
  /** Of the reward period. */
  burns: tableOf(BurnRow),
  /** Of the epoch that was settled last. */
  payouts: tableOf(PayoutRow),
  ratings: tableOf(RatingRow),
  cases: tableOf(CaseRow),
  proposals: tableOf(ProposalRow),
  /** Votes on proposals that are still voted on. */
  votes: tableOf(VoteRow),
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
    /** What it took out of pending or minted and has not paid yet. */
    settlingUnits: Units,
  },
  { typeName: 'Globals' },
);
export type Globals = ValueOf<typeof Globals>;

const { miners, mixers, oracles, validators, gateways, delegations, domains, models, holdings, tasks } = tables;
const { burns, ratings, cases, measures } = tables;
/** The tables that a settlement reads. */
export const bookTables = {
  ...{ miners, mixers, oracles, validators, gateways, delegations, domains, models, holdings, tasks },
  ...{ burns, ratings, cases, measures },
};

/** What an epoch left to its settlement (§2.7). */
export const Books = new ContainerType({ globals: Globals, params: Params, ...bookTables }, { typeName: 'Books' });

/** The whole state; its root is in every block (§2.2). */
export const State = new ContainerType(
  {
    ...{ globals: Globals, params: Params, ...tables },
    /** Of the epoch before, while its settlement goes on. */
    books: new ListCompositeType(Books, 1),
  },
  { typeName: 'State' },
);
export type StateValue = ValueOf<typeof State>;
