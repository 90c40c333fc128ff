import { Bool, Bytes32, oneOf, StructListType, StructType, U8, U16, U32, type ValueOf } from '@assay/ssz';
import { ContainerType, VectorCompositeType } from '@chainsafe/ssz';
import { Certificate, ReceiptList } from './batch/receipt.ts';
import { AppealCase, DecideCase, Evidence, OpenCase } from './case/cases.ts';
import { AdmitMiner, CreateDomain, UpdateDomain } from './domain/domains.ts';
import { Address, Count, Ed25519Signature, Height, Units } from './encoding.ts';
import { limits } from './limits.ts';
import {
  AcceptModel,
  BackModel,
  BuyShares,
  OfferShares,
  RegisterModel,
  TransferModelShares,
  UpdateModelPrice,
  WithdrawBacking,
} from './model/models.ts';
import { listOfRefs, ref } from './refs.ts';
import {
  Hardware,
  MinerSplit,
  NameEngine,
  ProvePresence,
  RegisterMixer,
  RegisterRole,
  RegisterValidator,
  RotateCommitteeKey,
  RotateConsensusKey,
  RotateKey,
  SetNetAddresses,
  SetRoleStatus,
  StakeKind,
  UpdateMiner,
} from './role/roles.ts';
import { AuditNumbers } from './task/audit-numbers.ts';
import { sealPathLength } from './task/plants.ts';
import { BatchRecords } from './task/records.ts';
import { CastVote, Propose } from './vote/governance.ts';

/** Moves base units from the sender to another account. */
export const Transfer = new StructType({ to: Address, amountUnits: Units }, { typeName: 'Transfer' });

/** Registers the sender as the operator of a miner on a domain: pays the fee, deposits collateral (§3.2, B2). */
export const RegisterMiner = new ContainerType(
  {
    owner: Address,
    publicKey: Bytes32,
    domain: ref('domains'),
    models: listOfRefs('models', limits.maxModelsPerMiner),
    contextTokens: U32,
    concurrency: U16,
    evidenceLevel: U8,
    /** Root of the engine it runs, which its artifacts name (§3.8). */
    engine: Bytes32,
    hardware: Hardware,
    collateralUnits: Units,
    split: MinerSplit,
  },
  { typeName: 'RegisterMiner' },
);

/** How many miners may do one task (§4.11). */
export const redundancies: readonly number[] = [1, 3, 5];
/** What a payer may rate a task with (economics §4.5). */
export const ratings: readonly number[] = [1, 2, 3, 4, 5];

/** Opens a funded session: a payer, a key that may spend, a home mixer (§4.3). */
export const OpenSession = new StructType(
  {
    sessionKey: Bytes32,
    domain: ref('domains'),
    model: ref('models'),
    homeMixer: ref('mixers'),
    depositUnits: Units,
    maxTaskUnits: Units,
    expiryHeight: Height,
    /** Miners that each do every task, and are each paid for it; one of `redundancies`. */
    redundancy: U8,
    /** Its tasks are the network's own, which nobody pays for (§4.12). */
    isBackground: Bool,
    /** Whether its prompts may become challenges of other miners (§4.14). */
    sharesPrompts: Bool,
    /** Of a dedicated session, the only miners that are drawn, rising; empty for a shared one. */
    dedicatedMiners: listOfRefs('miners', limits.maxDedicatedMiners),
  },
  { typeName: 'OpenSession' },
);

/** Adds base units to a session's escrow. */
export const TopUpSession = new StructType(
  { session: ref('sessions'), amountUnits: Units },
  { typeName: 'TopUpSession' },
);

/** Ends a session; what is left of its escrow goes back to the payer once no receipt can arrive any more. */
export const CloseSession = new StructType({ session: ref('sessions') }, { typeName: 'CloseSession' });

/** A batch of attestations with the committee's certificate (§7). */
export const CertifiedBatch = new ContainerType(
  { certificate: Certificate, receipts: ReceiptList, records: BatchRecords },
  { typeName: 'CertifiedBatch' },
);

/** What an auditor commits to: H(numbers ‖ nonce ‖ account) (§10.3). */
export const AuditSecret = new StructType(
  { numbers: AuditNumbers, nonce: Bytes32, account: Address },
  { typeName: 'AuditSecret' },
);

/** An auditor's commitment to its numbers of one task, and the numbers, opened (§10.3). */
export const Commitment = new StructType({ taskId: Bytes32, commitment: Bytes32 }, { typeName: 'Commitment' });
export type Commitment = ValueOf<typeof Commitment>;
export const Opening = new StructType(
  { taskId: Bytes32, numbers: AuditNumbers, nonce: Bytes32 },
  { typeName: 'Opening' },
);
export type Opening = ValueOf<typeof Opening>;

/** All that an auditor commits to in a block (§10.19). */
export const AuditCommit = new ContainerType(
  { items: new StructListType(Commitment, limits.maxAuditItems) },
  { typeName: 'AuditCommit' },
);

/** All that an auditor opens in a block (§10.19). */
export const AuditReveal = new ContainerType(
  { items: new StructListType(Opening, limits.maxAuditItems) },
  { typeName: 'AuditReveal' },
);

/** Opens the seal of an artifact whose numbers are wrong on purpose; sent by its miner (§10.25). */
export const OpenPlant = new ContainerType(
  { taskId: Bytes32, salt: Bytes32, path: new VectorCompositeType(Bytes32, sealPathLength) },
  { typeName: 'OpenPlant' },
);

/** Adds base units of the sender to a miner's collateral or to the stake of another role (economics §6.1). */
export const Bond = new StructType({ kind: StakeKind, role: U32, amountUnits: Units }, { typeName: 'Bond' });

/** Takes base units out of the stake of a role that the sender owns; they stay locked for some epochs. */
export const Unbond = new StructType({ kind: StakeKind, role: U32, amountUnits: Units }, { typeName: 'Unbond' });

/** Stakes base units of the sender on a miner (economics §6.2). */
export const Delegate = new StructType({ miner: ref('miners'), amountUnits: Units }, { typeName: 'Delegate' });

/** Takes back what the sender staked on a miner; it stays locked for some epochs. */
export const Undelegate = new StructType({ miner: ref('miners'), amountUnits: Units }, { typeName: 'Undelegate' });

/** Says for which validator a miner's work counts; sent by its operator (economics §8). */
export const AssignWork = new StructType(
  { miner: ref('miners'), validator: ref('validators') },
  { typeName: 'AssignWork' },
);

/** A payer's rating of a task it paid, 1 to 5 (economics §4.5). */
export const Feedback = new StructType({ taskId: Bytes32, rating: U8 }, { typeName: 'Feedback' });

/** The body of a transaction, of every kind there is; a new one comes last (§1.3). */
export const TransactionBody = oneOf(
  {
    transfer: Transfer,
    registerMiner: RegisterMiner,
    openSession: OpenSession,
    topUpSession: TopUpSession,
    closeSession: CloseSession,
    certifiedBatch: CertifiedBatch,
    auditCommit: AuditCommit,
    auditReveal: AuditReveal,
    bond: Bond,
    unbond: Unbond,
    delegate: Delegate,
    undelegate: Undelegate,
    propose: Propose,
    vote: CastVote,
    registerModel: RegisterModel,
    acceptModel: AcceptModel,
    updateModelPrice: UpdateModelPrice,
    transferModelShares: TransferModelShares,
    backModel: BackModel,
    withdrawBacking: WithdrawBacking,
    assignWork: AssignWork,
    feedback: Feedback,
    decideCase: DecideCase,
    appealCase: AppealCase,
    createDomain: CreateDomain,
    updateDomain: UpdateDomain,
    admitMiner: AdmitMiner,
    evidence: Evidence,
    openCase: OpenCase,
    registerMixer: RegisterMixer,
    registerRole: RegisterRole,
    setRoleStatus: SetRoleStatus,
    rotateKey: RotateKey,
    rotateCommitteeKey: RotateCommitteeKey,
    updateMiner: UpdateMiner,
    presence: ProvePresence,
    openPlant: OpenPlant,
    registerValidator: RegisterValidator,
    rotateConsensusKey: RotateConsensusKey,
    setNetAddresses: SetNetAddresses,
    nameEngine: NameEngine,
    offerShares: OfferShares,
    buyShares: BuyShares,
  },
  { typeName: 'TransactionBody' },
);
export type TransactionBody = ValueOf<typeof TransactionBody>;
export type BodyKind = TransactionBody['kind'];
export type BodyValues = { readonly [Kind in BodyKind]: ValueOf<(typeof TransactionBody.members)[Kind]> };

/** What the sender signs (§1.3). `publicKey` is the sender's Ed25519 key; the sender is its address. */
export const UnsignedTransaction = new ContainerType(
  { publicKey: Bytes32, nonce: Count, validUntil: Height, feeUnits: Units, body: TransactionBody },
  { typeName: 'UnsignedTransaction' },
);
export type UnsignedTransaction = ValueOf<typeof UnsignedTransaction>;

export const Transaction = new ContainerType(
  { content: UnsignedTransaction, signature: Ed25519Signature },
  { typeName: 'Transaction' },
);
export type Transaction = ValueOf<typeof Transaction>;
