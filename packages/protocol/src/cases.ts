import { ContainerType, ListCompositeType, UnionType } from '@chainsafe/ssz';
import { Address, listOfAddresses, TimeMs, Units } from './encoding.ts';
import { limits } from './limits.ts';
import { Certificate, Receipt } from './receipt.ts';
import { Bool, Bytes32, U8, U16, U32, type ValueOf } from './scalars.ts';
import { StructType } from './struct.ts';

/** Why a case was opened. */
export const caseCauses = {
  /** An audit confirmed a failure, soft or hard. */
  softFailure: 0,
  hardFailure: 1,
  /** A mixer signed two headers of one turn, or a receipt that can never be valid (§7.4). */
  equivocation: 2,
  invalidItem: 3,
  /** A member of the foundation asked for it (§10.9). */
  byHand: 4,
  /** What an epoch in which a hard failure was confirmed would have paid the miner (economics §6.7). */
  forfeit: 5,
  /** The audits are evidence enough to eject the miner (economics §6.8). */
  ejection: 6,
  /** A validator passed what others found hard, or the other way round (§10.21). */
  falseVerdict: 7,
} as const;
export type CaseCause = keyof typeof caseCauses;
/** A case that is about no model. */
export const noModel = 0xffff_ffff;

/** Two headers of one turn of a mixer, both with its signature (§7.4). */
export const Equivocation = new ContainerType(
  { mixer: U32, first: Certificate, second: Certificate },
  { typeName: 'Equivocation' },
);
/** A receipt that can never be valid, under a header that a mixer signed (§7.4). */
export const InvalidItem = new ContainerType(
  {
    mixer: U32,
    certificate: Certificate,
    receipt: Receipt,
    /** Place of the receipt in its batch, and the Merkle siblings up to the receipts root. */
    index: U16,
    path: new ListCompositeType(Bytes32, 32),
  },
  { typeName: 'InvalidItem' },
);
/** What a mixer did wrong, with all that proves it; the selector is its place in this list. */
export const Offence = new UnionType([Equivocation, InvalidItem], { typeName: 'Offence' });
export type Offence =
  | { readonly selector: 0; readonly value: ValueOf<typeof Equivocation> }
  | { readonly selector: 1; readonly value: ValueOf<typeof InvalidItem> };
export const offences = { equivocation: 0, invalidItem: 1 } as const;

/** Reports an offence (§7.4). A certificate may hold any signers here, one or many. */
export const Evidence = new ContainerType({ offence: Offence }, { typeName: 'Evidence' });

/** A member of the foundation asks for a fine; the reason itself is published elsewhere (§10.9). */
export const OpenCase = new StructType(
  { kind: U8, role: U32, amountUnits: Units, reasonHash: Bytes32 },
  { typeName: 'OpenCase' },
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
    /** Its number: cases before it are forgotten in time, so that its place changes. */
    id: U32,
    /** One of `caseCauses`. */
    cause: U8,
    /** Whose stake: one of `stakeKinds`, and the index in that table. */
    kind: U8,
    role: U32,
    /** The rejected task, the offence, or the hash of a reason; the same for the same matter. */
    subject: Bytes32,
    /** Of the task; `noModel` for none. */
    model: U32,
    /** Who paid for the task, and what every finder says makes its artifact malformed; zeros for none (§10.15). */
    payer: Address,
    flaw: U8,
    /** Of an ejection: the status that the miner gets back when it is dismissed. */
    priorStatus: U8,
    openedMs: TimeMs,
    openedEpoch: U32,
    /** The epoch at whose end it is dismissed, or due. */
    deadlineEpoch: U32,
    status: U8,
    /** The fine before its caps; what of the stake is held for it, and of stake on its way out. */
    proposedUnits: Units,
    heldUnits: Units,
    unbondingUnits: Units,
    /** The epoch that releases what is held of the latter, should it go back. */
    releaseEpoch: U32,
    /** The fine that could be taken that day: all that was held, kept when it is gone. */
    fineUnits: Units,
    /** Who found the failure, or reported the offence. */
    finders: listOfAddresses(limits.maxAuditorsPerTask),
    /** Foundation members for and against the fine. */
    approvals: listOfAddresses(limits.maxFoundation),
    refusals: listOfAddresses(limits.maxFoundation),
    /** Whether a breaker froze it: then only the foundation can have it executed. */
    isFrozen: Bool,
    appellant: Address,
    bondUnits: Units,
    /** When it was executed or dismissed. */
    decidedEpoch: U32,
  },
  { typeName: 'CaseRow' },
);
export type CaseRow = ValueOf<typeof CaseRow>;
