import type {
  AuditNumbers,
  BodyKind,
  CaseCause,
  payoutSources,
  payoutStacks,
  ResultCode,
  RoleStatus,
  StakeKind,
  TaskStateName,
} from '@assay/protocol';
import type { CapacityScore, MinerScore } from './scores.ts';
import type { Verdict } from './verdict.ts';

export interface TransactionResult {
  readonly code: ResultCode;
  /** Null when the bytes are no transaction. */
  readonly kind: BodyKind | null;
  readonly sender: Uint8Array | null;
  /** What it caused, in order; they stand in the block's events too. */
  readonly events: readonly LedgerEvent[];
}

/** The tables a payment can be earned in. */
export type PaidKind = 'miner' | 'mixer' | 'oracle' | 'validator' | 'gateway' | 'model' | 'domain';

export type StackName = keyof typeof payoutStacks;

/** What one account got at an epoch's end, and from where (economics §2, §3). */
export interface Payout {
  /** Zero address for the treasury. */
  readonly account: Uint8Array;
  readonly source: keyof typeof payoutSources;
  readonly stack: StackName;
  /** What it was earned as, with that index; a staker names its miner, a backer its model. Null for the treasury. */
  readonly kind: PaidKind | 'staker' | 'backer' | null;
  readonly role: number | null;
  readonly units: bigint;
}

/** How the price of one task was divided (economics §2); the parts add up to the price. */
export interface RevenueParts {
  readonly burnUnits: bigint;
  readonly processorsUnits: bigint;
  readonly creatorsUnits: bigint;
  readonly validatorsUnits: bigint;
  readonly domainUnits: bigint;
  readonly minersUnits: bigint;
}

/**
 * One amount divided among contestants by weight; `units` of the shares add up to it, less what their limits keep back.
 * Without shares nothing was paid.
 */
export interface Pool {
  readonly source: 'revenue' | 'emission';
  readonly stack: StackName;
  readonly kind: PaidKind;
  readonly units: bigint;
  readonly shares: readonly PoolShare[];
}

/** One contestant of a pool; only those with a weight are listed. */
export interface PoolShare {
  readonly role: number;
  readonly weight: bigint;
  readonly units: bigint;
  /** The most it may get for what its tasks burned (economics §7.4); null where there is no such limit. */
  readonly limitUnits: bigint | null;
}

/** What a reward period minted at most (economics §1.2): perDayUnits × forMs ÷ the length of a day. */
export interface EmissionRate {
  readonly period: number;
  readonly forMs: number;
  /** After halving. */
  readonly perDayUnits: bigint;
  readonly halvings: number;
  /** The most it may mint for work by what its prices burned (economics §7.2); null where the schedule decides. */
  readonly limitUnits: bigint | null;
  /** Whether what that leaves of the miners' stack pays capacity (economics §7.1). */
  readonly isBootstrap: boolean;
}

/** What one validator's power came from (economics §8). */
export interface PowerChange {
  readonly stakeUnits: bigint;
  /** VWU of the last epochs that counted for it. */
  readonly work: bigint;
  readonly fromPpb: number;
  /** What stake and work give; `powerPpb` is as far as one epoch may go towards it. */
  readonly targetPpb: number;
  readonly powerPpb: number;
}

export interface EpochClose {
  readonly epoch: number;
  readonly durationMs: number;
  /** The emission that was paid; null while the reward period goes on. */
  readonly emission: EmissionRate | null;
  readonly revenueUnits: bigint;
  readonly burnedUnits: bigint;
  readonly mintedUnits: bigint;
  readonly payouts: readonly Payout[];
  readonly pools: readonly Pool[];
  /** The miners' stack among domains, by the work of their miners (economics §4.6); `role` is the domain. */
  readonly division: readonly PoolShare[];
  readonly scores: readonly MinerScore[];
  readonly capacity: readonly CapacityScore[];
}

/** What the votes on a proposal came to, base units of stake and collateral (§12.3). */
export interface VoteCount {
  readonly yesUnits: bigint;
  readonly noUnits: bigint;
  readonly abstainUnits: bigint;
  readonly vetoUnits: bigint;
  /** All that could have voted. */
  readonly totalUnits: bigint;
}

/** Why a task is not paid: its audit failed or said nothing (§10.4), or nothing could be re-checked (§10.11). */
export type Rejection = 'soft' | 'hard' | 'noResult' | 'hung' | 'outlier' | 'noMajority';

export type LedgerEvent =
  | { readonly type: 'minerRegistered'; readonly miner: number; readonly operator: Uint8Array }
  | {
      readonly type: 'roleRegistered';
      readonly kind: StakeKind;
      readonly role: number;
      readonly account: Uint8Array;
    }
  | { readonly type: 'roleStatusSet'; readonly kind: StakeKind; readonly role: number; readonly status: RoleStatus }
  /** It was not seen in the epoch that ended (§7.12). */
  | { readonly type: 'roleAbsent'; readonly kind: 'mixer' | 'oracle'; readonly role: number }
  | {
      readonly type: 'unbonded';
      readonly account: Uint8Array;
      readonly kind: StakeKind;
      readonly role: number;
      readonly units: bigint;
    }
  | { readonly type: 'domainCreated'; readonly domain: number; readonly owner: Uint8Array }
  | {
      readonly type: 'domainUpdated';
      readonly domain: number;
      /** The first epoch in which the new terms hold. */
      readonly fromEpoch: number;
    }
  | {
      readonly type: 'minerAdmitted';
      readonly domain: number;
      readonly operator: Uint8Array;
      readonly isAdmitted: boolean;
    }
  | { readonly type: 'modelRegistered'; readonly model: number; readonly creator: Uint8Array }
  | { readonly type: 'panelDrawn'; readonly model: number; readonly validators: readonly number[] }
  | {
      readonly type: 'modelDecided';
      readonly model: number;
      readonly accepted: boolean;
      /** Seats of the panel, and how many of them voted for the model and against it. */
      readonly seats: number;
      readonly accepts: number;
      readonly refuses: number;
    }
  | {
      readonly type: 'modelPriced';
      readonly model: number;
      readonly priceInUnits: bigint;
      readonly priceOutUnits: bigint;
    }
  | { readonly type: 'sessionOpened'; readonly session: number; readonly payer: Uint8Array }
  | { readonly type: 'sessionClosed'; readonly session: number; readonly refundedUnits: bigint }
  | {
      readonly type: 'taskCertified';
      readonly taskId: Uint8Array;
      readonly transaction: number;
      readonly receipt: number;
      readonly mixer: number;
    }
  | {
      readonly type: 'taskLate';
      readonly taskId: Uint8Array;
      /** The step that was late, in which attempt, and the miner it was taken from. */
      readonly step: TaskStateName;
      readonly attempt: number;
      readonly miner: number;
      /** Who asked. */
      readonly oracle: number;
    }
  | { readonly type: 'auditOpened'; readonly taskId: Uint8Array; readonly ratePpb: number }
  | { readonly type: 'auditDrawn'; readonly taskId: Uint8Array; readonly auditors: readonly number[] }
  | { readonly type: 'auditSkipped'; readonly taskId: Uint8Array; readonly ratePpb: number }
  | {
      readonly type: 'auditRevealed';
      readonly taskId: Uint8Array;
      readonly validator: number;
      readonly numbers: AuditNumbers;
    }
  | {
      /** Items of a list that were passed over, by their place in it (§10.19). */
      readonly type: 'auditItemsRefused';
      readonly refused: readonly { readonly item: number; readonly code: ResultCode }[];
    }
  | { readonly type: 'auditorMissed'; readonly taskId: Uint8Array; readonly validator: number }
  | {
      /** A seat turned the beacon in less than half as many rounds as the median one (§9.4). */
      readonly type: 'turnsMissed';
      readonly mixer: number;
      readonly rounds: number;
      readonly medianRounds: number;
    }
  /** Nobody got the artifact of a task from the mixer that keeps it (§10.24). */
  | { readonly type: 'artifactMissing'; readonly taskId: Uint8Array; readonly mixer: number }
  /** No auditor could run the engine of a miner, which owes so many results now (§10.13). */
  | { readonly type: 'minerUnchecked'; readonly miner: number; readonly resultsOwed: number }
  | { readonly type: 'taskApproved'; readonly taskId: Uint8Array; readonly audited: boolean }
  | {
      readonly type: 'taskRejected';
      readonly taskId: Uint8Array;
      readonly reason: Rejection;
      readonly refundedUnits: bigint;
    }
  | { readonly type: 'taskRated'; readonly taskId: Uint8Array; readonly rating: number }
  | {
      readonly type: 'taskPaid';
      readonly taskId: Uint8Array;
      readonly epoch: number;
      readonly parts: RevenueParts;
    }
  | { readonly type: 'trustChanged'; readonly miner: number; readonly fromPpb: number; readonly toPpb: number }
  | {
      readonly type: 'caseOpened';
      /** Its number, which stays. */
      readonly case: number;
      readonly cause: CaseCause;
      readonly kind: StakeKind;
      readonly role: number;
      /** The task, the offence, or the hash of a reason. */
      readonly subject: Uint8Array;
      /** Of the task; null for any other matter. */
      readonly priceUnits: bigint | null;
      /** The fine before its caps. */
      readonly proposedUnits: bigint;
      /** What could be reached, of the stake and of what leaves it; what the day's cases had taken; what is held. */
      readonly stakeUnits: bigint;
      readonly leavingUnits: bigint;
      readonly takenUnits: bigint;
      readonly heldUnits: bigint;
    }
  | {
      /** What the end of an epoch would have paid a miner went into a case (economics §6.7). */
      readonly type: 'rewardsHeld';
      readonly case: number;
      readonly miner: number;
      readonly revenueUnits: bigint;
      readonly emissionUnits: bigint;
    }
  | { readonly type: 'caseOpinion'; readonly case: number; readonly member: Uint8Array; readonly isFine: boolean }
  | { readonly type: 'caseAppealed'; readonly case: number; readonly bondUnits: bigint }
  | {
      readonly type: 'caseExecuted';
      readonly case: number;
      readonly by: 'foundation' | 'time';
      readonly fineUnits: bigint;
      /** What each of those who found it out got. */
      readonly rewards: readonly { readonly account: Uint8Array; readonly units: bigint }[];
      /** The rest of the fine, and the bond of an appeal. */
      readonly burnedUnits: bigint;
    }
  | {
      readonly type: 'caseDismissed';
      readonly case: number;
      readonly by: 'foundation' | 'time';
      readonly returnedUnits: bigint;
    }
  | {
      readonly type: 'penaltiesFrozen';
      /** What the failures have in common: their model and epoch, or the payer or flaw of all (§10.8, §10.15). */
      readonly shared: 'model' | 'payer' | 'flaw';
      /** Null when it is not the model. */
      readonly model: number | null;
      readonly failing: number;
      readonly miners: number;
      readonly cases: readonly number[];
    }
  | { readonly type: 'proposed'; readonly proposal: number; readonly proposer: Uint8Array }
  | { readonly type: 'voted'; readonly proposal: number; readonly voter: Uint8Array; readonly choice: number }
  | {
      readonly type: 'votingEnded';
      readonly proposal: number;
      readonly outcome: 'passed' | 'rejected' | 'noQuorum' | 'vetoed';
      readonly count: VoteCount;
      /** The deposit, when it was burned. */
      readonly burnedUnits: bigint;
    }
  | { readonly type: 'proposalExecuted'; readonly proposal: number }
  | { readonly type: 'proposalFailed'; readonly proposal: number }
  | { readonly type: 'levelChanged'; readonly miner: number; readonly from: number; readonly to: number }
  /** Its audits are evidence enough to eject it; its place is held, or not while that is in doubt (§10.15). */
  | {
      readonly type: 'minerHeld';
      readonly miner: number;
      /** Number of the case that decides. */
      readonly case: number;
      readonly cusumMilli: number;
      readonly hardFailures: number;
      readonly isFrozen: boolean;
    }
  /** Its ejection was dismissed. */
  | { readonly type: 'minerCleared'; readonly miner: number }
  | {
      readonly type: 'minerEjected';
      readonly miner: number;
      readonly cusumMilli: number;
      /** Hard failures among the evidence: from two on it is hard (economics §6.8). */
      readonly hardFailures: number;
      /** What of the collateral no case holds. */
      readonly returnedUnits: bigint;
    }
  | {
      readonly type: 'minerMeasured';
      readonly miner: number;
      readonly mixer: number;
      /** Challenges the mixer owed, and how many of them it disputes. */
      readonly owed: number;
      readonly disputed: number;
      /** Zero is not measured (§8.3). */
      readonly hashRate: bigint;
      readonly bandwidth: bigint;
      readonly latencyMs: number;
    }
  /** A challenge whose answer is not that of the task `knownTaskId`: auditors decide on it (§8.6). */
  | {
      readonly type: 'challengeDisputed';
      readonly taskId: Uint8Array;
      readonly miner: number;
      readonly mixer: number;
      readonly knownTaskId: Uint8Array;
    }
  | {
      readonly type: 'challengeJudged';
      readonly taskId: Uint8Array;
      readonly miner: number;
      readonly mixer: number;
      readonly verdict: Verdict;
    }
  /** The failed challenges of this epoch are as many as cost the emission (§8.5). */
  | { readonly type: 'challengesFailed'; readonly miner: number; readonly failed: number }
  /** A miner says that the numbers of this answer are wrong on purpose (§10.25). */
  | { readonly type: 'plantOpened'; readonly taskId: Uint8Array; readonly miner: number }
  /** A challenge that passed contradicts the answer of this task: it is audited a second time (§8.8). */
  | { readonly type: 'auditReopened'; readonly taskId: Uint8Array; readonly challengeTaskId: Uint8Array }
  | { readonly type: 'taskReaudited'; readonly taskId: Uint8Array; readonly verdict: Verdict }
  | {
      readonly type: 'scoreWeak';
      readonly miner: number;
      /** Weak periods in a row. */
      readonly periods: number;
      readonly finalPpb: bigint;
      readonly meanPpb: bigint;
    }
  | { readonly type: 'minerRemoved'; readonly miner: number; readonly weakPeriods: number }
  | {
      readonly type: 'powersSet';
      /** The epoch whose end set them, and ω at that time. */
      readonly epoch: number;
      readonly powerWorkPpb: number;
      /** Of each validator, in order. */
      readonly powers: readonly PowerChange[];
    }
  | { readonly type: 'keyRotated'; readonly kind: StakeKind; readonly role: number; readonly fromEpoch: number }
  | { readonly type: 'committeeKeyRotated'; readonly mixer: number; readonly fromEpoch: number }
  | { readonly type: 'minerUpdated'; readonly miner: number; readonly fromEpoch: number }
  | {
      readonly type: 'committeeChosen';
      /** The first epoch it is for. */
      readonly fromEpoch: number;
      readonly mixers: readonly number[];
    }
  | { readonly type: 'epochClosed'; readonly close: EpochClose };

export interface BlockResult {
  readonly height: number;
  readonly stateRoot: Uint8Array;
  /** One per transaction, in order. */
  readonly transactions: readonly TransactionResult[];
  readonly events: readonly LedgerEvent[];
}
