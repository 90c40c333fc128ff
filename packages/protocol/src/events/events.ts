import { Bool, ByType, Bytes32, enumOf, list, orNull, type Shaped, SomeWord, U8, U16, U32 } from '@assay/ssz';
import { CaseCause } from '../case/cases.ts';
import { Address, NetAddress, Quantity, Units } from '../encoding.ts';
import { epochCloseShape } from '../epoch/epoch-close.ts';
import type { ResultCode } from '../errors/codes.ts';
import { ref } from '../refs.ts';
import { RoleStatus, StakeKind } from '../role/roles.ts';
import { AuditNumbers } from '../task/audit-numbers.ts';
import { TaskState } from '../task/records.ts';
import { VoteChoice } from '../vote/governance.ts';

/** How the price of one task was divided (economics §2); the parts add up to the price. */
export const revenuePartsShape = {
  burnUnits: Units,
  processorsUnits: Units,
  creatorsUnits: Units,
  validatorsUnits: Units,
  domainUnits: Units,
  minersUnits: Units,
};
export type RevenueParts = Shaped<typeof revenuePartsShape>;

/** What one validator's power came from (economics §8). */
const powerChange = {
  stakeUnits: Units,
  /** VWU of the last epochs that counted for it. */
  work: Quantity,
  fromPpb: U32,
  /** What stake and work give; `powerPpb` is as far as one epoch may go towards it. */
  targetPpb: U32,
  powerPpb: U32,
};
export type PowerChange = Shaped<typeof powerChange>;

/** What the votes on a proposal came to, base units of stake and collateral (§12.3). */
const voteCount = {
  yesUnits: Units,
  noUnits: Units,
  abstainUnits: Units,
  vetoUnits: Units,
  /** All that could have voted. */
  totalUnits: Units,
};
export type VoteCount = Shaped<typeof voteCount>;

/** Why a task is not paid: its audit failed or said nothing (§10.4), or nothing could be re-checked (§10.11). */
const rejection = enumOf('soft', 'hard', 'noResult', 'hung', 'outlier', 'noMajority');
export type Rejection = Shaped<typeof rejection>;

/** What the ledger makes of all opinions. */
const verdict = enumOf('pass', 'soft', 'hard', 'noResult', 'hung');
export type Verdict = Shaped<typeof verdict>;

const decidedBy = enumOf('foundation', 'time');

const domainEvents = {
  domainCreated: { domain: ref('domains'), owner: Address },
  domainUpdated: {
    domain: ref('domains'),
    /** The first epoch in which the new terms hold. */
    fromEpoch: U32,
  },
  minerAdmitted: { domain: ref('domains'), operator: Address, isAdmitted: Bool },
};

const modelEvents = {
  modelRegistered: { model: ref('models'), creator: Address },
  panelDrawn: { model: ref('models'), validators: list(ref('validators')) },
  modelDecided: {
    model: ref('models'),
    accepted: Bool,
    /** Seats of the panel, and how many of them voted for the model and against it. */
    seats: U16,
    accepts: U16,
    refuses: U16,
  },
  modelPriced: { model: ref('models'), priceInUnits: Units, priceOutUnits: Units },
  modelBacked: { model: ref('models'), holder: Address, units: Units },
  backingWithdrawn: { model: ref('models'), holder: Address, units: Units },
  modelSharesTransferred: { model: ref('models'), from: Address, to: Address, shares: U16 },
  sharesOffered: { model: ref('models'), seller: Address, shares: U16, priceUnits: Units },
  sharesSold: { model: ref('models'), seller: Address, buyer: Address, shares: U16, priceUnits: Units },
};

const taskEvents = {
  sessionOpened: { session: ref('sessions'), payer: Address },
  sessionClosed: { session: ref('sessions'), refundedUnits: Units },
  taskCertified: { taskId: Bytes32, transaction: U32, receipt: U32, mixer: ref('mixers') },
  taskLate: {
    taskId: Bytes32,
    /** The step that was late, in which attempt, and the miner it was taken from. */
    step: TaskState,
    attempt: U8,
    miner: ref('miners'),
    /** Who asked. */
    oracle: ref('oracles'),
  },
  auditOpened: { taskId: Bytes32, ratePpb: U32 },
  auditDrawn: { taskId: Bytes32, auditors: list(ref('validators')) },
  auditSkipped: { taskId: Bytes32, ratePpb: U32 },
  auditRevealed: { taskId: Bytes32, validator: ref('validators'), numbers: AuditNumbers },
  /** Items of a list that were passed over, by their place in it (§10.19). */
  auditItemsRefused: { refused: list({ item: U32, code: new SomeWord<ResultCode>() }) },
  auditorMissed: { taskId: Bytes32, validator: ref('validators') },
  /** A seat turned the beacon in less than half as many rounds as the median one (§9.4). */
  turnsMissed: { mixer: ref('mixers'), rounds: U32, medianRounds: U32 },
  /** Nobody got the artifact of a task from the mixer that keeps it (§10.24). */
  artifactMissing: { taskId: Bytes32, mixer: ref('mixers') },
  /** No auditor could run the engine of a miner, which owes so many results now (§10.13). */
  minerUnchecked: { miner: ref('miners'), resultsOwed: U32 },
  taskApproved: { taskId: Bytes32, audited: Bool },
  taskRejected: { taskId: Bytes32, reason: rejection, refundedUnits: Units },
  taskRated: { taskId: Bytes32, rating: U8 },
  taskPaid: { taskId: Bytes32, epoch: U32, parts: revenuePartsShape },
  trustChanged: { miner: ref('miners'), fromPpb: U32, toPpb: U32 },
};

/** Of cases and proposals: what people decide about. */
const decisionEvents = {
  caseOpened: {
    /** Its number, which stays. */
    case: ref('cases'),
    cause: CaseCause,
    kind: StakeKind,
    role: U32,
    /** The task, the offence, or the hash of a reason. */
    subject: Bytes32,
    /** Of the task; null for any other matter. */
    priceUnits: orNull(Units),
    /** The fine before its caps. */
    proposedUnits: Units,
    /** What could be reached, of the stake and of what leaves it; what the day's cases had taken; what is held. */
    stakeUnits: Units,
    leavingUnits: Units,
    takenUnits: Units,
    heldUnits: Units,
  },
  /** What the end of an epoch would have paid a miner went into a case (economics §6.7). */
  rewardsHeld: { case: ref('cases'), miner: ref('miners'), revenueUnits: Units, emissionUnits: Units },
  caseOpinion: { case: ref('cases'), member: Address, isFine: Bool },
  caseDue: { case: ref('cases'), deadlineEpoch: U32 },
  caseAppealed: { case: ref('cases'), bondUnits: Units },
  caseExecuted: {
    case: ref('cases'),
    by: decidedBy,
    fineUnits: Units,
    /** What each of those who found it out got. */
    rewards: list({ account: Address, units: Units }),
    /** The rest of the fine, and the bond of an appeal. */
    burnedUnits: Units,
  },
  caseDismissed: { case: ref('cases'), by: decidedBy, returnedUnits: Units },
  penaltiesFrozen: {
    /** What the failures have in common: their model and epoch, or the payer or flaw of all (§10.8, §10.15). */
    shared: enumOf('model', 'payer', 'flaw'),
    /** Null when it is not the model. */
    model: orNull(ref('models')),
    failing: U32,
    miners: U32,
    cases: list(ref('cases')),
  },
  proposed: { proposal: ref('proposals'), proposer: Address },
  voted: { proposal: ref('proposals'), voter: Address, choice: VoteChoice },
  votingEnded: {
    proposal: ref('proposals'),
    outcome: enumOf('passed', 'rejected', 'noQuorum', 'vetoed'),
    count: voteCount,
    /** The deposit, when it was burned. */
    burnedUnits: Units,
  },
  proposalExecuted: { proposal: ref('proposals') },
  proposalFailed: { proposal: ref('proposals') },
};

/** Of roles that come and go, and of miners' levels. */
const standingEvents = {
  minerRegistered: { miner: ref('miners'), operator: Address },
  roleRegistered: { kind: StakeKind, role: U32, account: Address },
  roleStatusSet: { kind: StakeKind, role: U32, status: RoleStatus },
  delegated: { miner: ref('miners'), staker: Address, units: Units },
  undelegated: { miner: ref('miners'), staker: Address, units: Units },
  unbonded: { account: Address, kind: StakeKind, role: U32, units: Units },
  keyRotated: { kind: StakeKind, role: U32, fromEpoch: U32 },
  committeeKeyRotated: { mixer: ref('mixers'), fromEpoch: U32 },
  consensusKeyRotated: { validator: ref('validators'), fromEpoch: U32 },
  netAddressesSet: { kind: StakeKind, role: U32, netAddresses: list(NetAddress) },
  engineNamed: { validator: ref('validators'), engine: Bytes32 },
  minerUpdated: { miner: ref('miners'), fromEpoch: U32 },
  committeeChosen: {
    /** The first epoch it is for. */
    fromEpoch: U32,
    mixers: list(ref('mixers')),
  },
  levelChanged: { miner: ref('miners'), from: U8, to: U8 },
  /** It was not seen in the epoch that ended (§7.12). */
  roleAbsent: { kind: enumOf('mixer', 'oracle'), role: U32 },
  /** Its audits are evidence enough to eject it; it is held, or not while that is in doubt (§10.15). */
  minerHeld: {
    miner: ref('miners'),
    /** Number of the case that decides. */
    case: ref('cases'),
    cusumMilli: U32,
    hardFailures: U32,
    isFrozen: Bool,
  },
  /** Its ejection was dismissed. */
  minerCleared: { miner: ref('miners') },
  minerEjected: {
    miner: ref('miners'),
    cusumMilli: U32,
    /** Hard failures among the evidence: from two on it is hard (economics §6.8). */
    hardFailures: U32,
    /** What of the collateral no case holds. */
    returnedUnits: Units,
  },
};

/** Of what mixers measured, of what contradicts an answer, and of what follows for miners and validators. */
const measuringEvents = {
  minerMeasured: {
    miner: ref('miners'),
    mixer: ref('mixers'),
    /** Challenges the mixer owed, and how many of them it disputes. */
    owed: U32,
    disputed: U32,
    /** Challenges that came to an end, and how many were answered right. */
    asked: U32,
    right: U32,
    /** Output tokens per 1,000 s, and bytes per second; zero is not measured (§8.3). */
    hashRate: Quantity,
    bandwidth: Quantity,
    latencyMs: U32,
  },
  /** A challenge whose answer is not that of the task `knownTaskId`: auditors decide on it (§8.6). */
  challengeDisputed: { taskId: Bytes32, miner: ref('miners'), mixer: ref('mixers'), knownTaskId: Bytes32 },
  challengeJudged: { taskId: Bytes32, miner: ref('miners'), mixer: ref('mixers'), verdict },
  /** A miner says that the numbers of this answer are wrong on purpose (§10.25). */
  plantOpened: { taskId: Bytes32, miner: ref('miners') },
  /** A challenge that passed contradicts the answer of this task: it is audited a second time (§8.8). */
  auditReopened: { taskId: Bytes32, challengeTaskId: Bytes32 },
  taskReaudited: { taskId: Bytes32, verdict },
  /** The failed challenges of this epoch are as many as cost the emission (§8.5). */
  challengesFailed: { miner: ref('miners'), failed: U32 },
  scoreWeak: {
    miner: ref('miners'),
    /** Weak periods in a row. */
    periods: U16,
    finalPpb: Quantity,
    meanPpb: Quantity,
  },
  minerRemoved: { miner: ref('miners'), weakPeriods: U16 },
  powersSet: {
    /** The epoch whose end set them, and ω at that time. */
    epoch: U32,
    powerWorkPpb: U32,
    /** Of each validator, in order. */
    powers: list(powerChange),
  },
};

/** Everything the ledger says it did, by type: the one declaration of each event. */
export const ledgerEvents = {
  ...domainEvents,
  ...modelEvents,
  ...taskEvents,
  ...decisionEvents,
  ...standingEvents,
  ...measuringEvents,
  epochClosed: { close: epochCloseShape },
};
export type EventType = keyof typeof ledgerEvents;
export const ledgerEventShape = new ByType(ledgerEvents);
export type LedgerEvent = Shaped<typeof ledgerEventShape>;
