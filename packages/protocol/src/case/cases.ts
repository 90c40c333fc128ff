import { Bool, Bytes32, enumOf, oneOf, StructType, U16, U32, type ValueOf } from '@assay/ssz';
import { ContainerType, ListCompositeType } from '@chainsafe/ssz';
import { Certificate, Receipt } from '../batch/receipt.ts';
import { Address, Count, Ed25519Signature, Height, listOfAddresses, TimeMs, Units } from '../encoding.ts';
import { limits } from '../limits.ts';
import { type Ref, ref } from '../refs.ts';
import { RoleStatus, StakeKind } from '../role/roles.ts';
import { PrecommitOpening } from '../task/artifact.ts';
import { Flaw } from '../task/audit-numbers.ts';

/** Why a case was opened. */
export const CaseCause = enumOf(
  /** An audit confirmed a failure, soft or hard. */
  'softFailure',
  'hardFailure',
  /** A mixer signed two headers of one turn, or a receipt that can never be valid (§7.4). */
  'equivocation',
  'invalidItem',
  /** A member of the foundation asked for it (§10.9). */
  'byHand',
  /** What an epoch in which a hard failure was confirmed would have paid the miner (economics §6.7). */
  'forfeit',
  /** The audits are evidence enough to eject the miner (economics §6.8). */
  'ejection',
  /** A validator passed what others found hard, or the other way round (§10.21). */
  'falseVerdict',
  /** A validator voted twice in one round (§7.4.5). */
  'doubleVote',
  /** A miner opened its precommit as what it is not the hash of (§7.4.7). */
  'brokenPrecommit',
);
export type CaseCause = ValueOf<typeof CaseCause>;
/** A case that is about no model. */
export const noModel: Ref<'models'> = 0xffff_ffff;

/** Two headers of one turn of a mixer, both with its signature (§7.4). */
export const Equivocation = new ContainerType(
  { mixer: ref('mixers'), first: Certificate, second: Certificate },
  { typeName: 'Equivocation' },
);
/** A receipt that can never be valid, under a header that a mixer signed (§7.4). */
export const InvalidItem = new ContainerType(
  {
    mixer: ref('mixers'),
    certificate: Certificate,
    receipt: Receipt,
    /** Index of the receipt in its batch, and the Merkle siblings up to the receipts root. */
    index: U16,
    path: new ListCompositeType(Bytes32, 32),
  },
  { typeName: 'InvalidItem' },
);
/** What of a vote in CometBFT may differ between two of one round: for which block, when, and the signature. */
export const SignedVote = new StructType(
  {
    blockHash: Bytes32,
    partsTotal: U32,
    partsHash: Bytes32,
    /** Its time: Unix seconds, and nanoseconds of the next. */
    seconds: Count,
    nanos: U32,
    signature: Ed25519Signature,
  },
  { typeName: 'SignedVote' },
);
export type SignedVote = ValueOf<typeof SignedVote>;

/** Two votes of a validator for two blocks, of one kind and in one round of one height (§7.4.5). */
export const DoubleVote = new StructType(
  {
    validator: ref('validators'),
    kind: enumOf('prevote', 'precommit'),
    height: Height,
    round: U32,
    first: SignedVote,
    second: SignedVote,
  },
  { typeName: 'DoubleVote' },
);
export type DoubleVote = ValueOf<typeof DoubleVote>;

/** An opening that contradicts its precommit, both with the miner's signature (§7.4.7). */
export const BrokenPrecommit = new StructType(
  { opening: PrecommitOpening, precommitSignature: Ed25519Signature, signature: Ed25519Signature },
  { typeName: 'BrokenPrecommit' },
);
export type BrokenPrecommit = ValueOf<typeof BrokenPrecommit>;

/** What a mixer, a validator or a miner did wrong, with all that proves it. */
export const Offence = oneOf(
  { equivocation: Equivocation, invalidItem: InvalidItem, doubleVote: DoubleVote, brokenPrecommit: BrokenPrecommit },
  { typeName: 'Offence' },
);
export type Offence = ValueOf<typeof Offence>;

/** Reports an offence (§7.4). A certificate may hold any signers here, one or many. */
export const Evidence = new ContainerType({ offence: Offence }, { typeName: 'Evidence' });

/** A member of the foundation asks for a fine; the reason itself is published elsewhere (§10.9). */
export const OpenCase = new StructType(
  { kind: StakeKind, role: U32, amountUnits: Units, reasonHash: Bytes32 },
  { typeName: 'OpenCase' },
);

/** A foundation member's opinion on a case (§10.6). */
export const DecideCase = new StructType({ case: ref('cases'), isFine: Bool }, { typeName: 'DecideCase' });

/** Asks the foundation to decide on a case that would be due otherwise; leaves a bond (§10.7). */
export const AppealCase = new StructType({ case: ref('cases') }, { typeName: 'AppealCase' });

export const CaseStatus = enumOf(
  /** The foundation decides; at the deadline its silence does (§10.6.1). */
  'review',
  /** Due at its deadline unless appealed. */
  'pending',
  'executed',
  'dismissed',
);
export type CaseStatus = ValueOf<typeof CaseStatus>;

/** A fine that is proposed, with what is held back of the stake for it (economics §6.3). */
export const CaseRow = new StructType(
  {
    /** Its number: cases before it are forgotten in time, so that its place changes. */
    id: ref('cases'),
    cause: CaseCause,
    /** Whose stake, and the index in that table. */
    kind: StakeKind,
    role: U32,
    /** The rejected task, the offence, or the hash of a reason; the same for the same matter. */
    subject: Bytes32,
    /** Of the task; `noModel` for none. */
    model: ref('models'),
    /**
     * Who paid for the task, and what every finder says makes its artifact malformed; of an ejection for all of its
     * evidence. Zeros for none or several (§10.15).
     */
    payer: Address,
    flaw: Flaw,
    /** Of an ejection: the status that the miner gets back when it is dismissed. */
    priorStatus: RoleStatus,
    openedMs: TimeMs,
    openedEpoch: U32,
    /** The epoch at whose end the time of the foundation is over, or the fine is due. */
    deadlineEpoch: U32,
    status: CaseStatus,
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
