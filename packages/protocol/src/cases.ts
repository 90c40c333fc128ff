import { Address, Bool, Bytes32, listOfAddresses, U8, U16, U32, U64, Units, type ValueOf } from './encoding.ts';
import { limits } from './limits.ts';
import { StructType } from './struct.ts';

/** Fines, and who decides about them (economics §6). */
export const CaseParams = new StructType(
  {
    /** Phase 1: every fine waits for the foundation. Otherwise it is due unless appealed. */
    foundationReview: Bool,
    foundation: listOfAddresses(limits.maxFoundation),
    /** Members of the foundation that must agree. */
    foundationQuorum: U16,
    /** What one cheated task saves, of its price, and what a fine multiplies it with; parts per billion. */
    gainPpb: U32,
    factorPpb: U32,
    /** Confirmed detection rate, parts per billion. */
    detectionPpb: U32,
    /** Most of a stake that one case, and that the cases of one day, may take; parts per billion. */
    incidentCapPpb: U32,
    dailyCapPpb: U32,
    /** Part of a fine that goes to those who found the failure, parts per billion. */
    rewardPpb: U32,
    /** Epochs after which an undecided case is dismissed, and after which one that is not appealed is due. */
    reviewEpochs: U16,
    appealEpochs: U16,
    appealBondUnits: Units,
    /** With more than this part of a model's miners failing in an epoch, parts per billion, its penalties freeze. */
    breakerPpb: U32,
    /** Fewer failing miners than this never freeze anything. */
    breakerMinFailing: U32,
  },
  { typeName: 'CaseParams' },
);

/** A foundation member's opinion on a case (§10.6). */
export const DecideCase = new StructType({ case: U32, isFine: Bool }, { typeName: 'DecideCase' });

/** Asks the foundation to decide on a case that would be due otherwise; leaves a bond (§10.7). */
export const AppealCase = new StructType({ case: U32 }, { typeName: 'AppealCase' });

export const caseStatuses = {
  /** The foundation decides; dismissed when it does not. */
  review: 0,
  /** Due at its deadline unless appealed. */
  pending: 1,
  executed: 2,
  dismissed: 3,
} as const;

/** A fine that is proposed, with what is held back of the stake for it (economics §6.3). */
export const CaseRow = new StructType(
  {
    /** Whose stake: one of `stakeKinds`, and the index in that table. */
    kind: U8,
    role: U32,
    /** The rejected task, and its model. */
    taskId: Bytes32,
    model: U32,
    openedMs: U64,
    openedEpoch: U32,
    /** The epoch at whose end it is dismissed, or due. */
    deadlineEpoch: U32,
    status: U8,
    /** The fine before its caps, and what of the stake is held for it. */
    proposedUnits: Units,
    heldUnits: Units,
    /** The fine that could be taken that day: `heldUnits`, kept when they are gone. */
    fineUnits: Units,
    /** Who found the failure. */
    finders: listOfAddresses(limits.maxAuditorsPerTask),
    /** Foundation members for and against the fine. */
    approvals: listOfAddresses(limits.maxFoundation),
    refusals: listOfAddresses(limits.maxFoundation),
    /** Whether a breaker froze it: then only the foundation can have it executed. */
    isFrozen: Bool,
    appellant: Address,
    bondUnits: Units,
  },
  { typeName: 'CaseRow' },
);
export type CaseRow = ValueOf<typeof CaseRow>;
