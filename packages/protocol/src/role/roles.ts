import { Bytes32, enumOf, StructListType, StructType, U8, U16, U32, type ValueOf } from '@assay/ssz';
import {
  Address,
  BlsPublicKey,
  BlsSignature,
  Count,
  Ed25519Signature,
  Height,
  Name,
  NetAddresses,
  Units,
} from '../encoding.ts';
import { limits } from '../limits.ts';
import { listOfRefs, ref } from '../refs.ts';

/**
 * `paused`: no work and no penalty. `deregistered` and `ejected` are for ever, `banned` until a vote ends it, `held`
 * until the case about an ejection is decided.
 */
export const RoleStatus = enumOf('active', 'paused', 'deregistered', 'ejected', 'banned', 'held');
export type RoleStatus = ValueOf<typeof RoleStatus>;

/** Where stake stands: in a miner's collateral, in another role, delegated to a miner, behind a model. */
export const StakeKind = enumOf('miner', 'mixer', 'oracle', 'validator', 'gateway', 'delegation', 'backing');
export type StakeKind = ValueOf<typeof StakeKind>;

/** How a miner's share is divided, basis points, Σ = 10,000 (E8). */
export const MinerSplit = new StructType(
  { operatorBps: U16, ownerBps: U16, stakersBps: U16 },
  { typeName: 'MinerSplit' },
);

/**
 * The machine of a miner, as its node found it and said (§3.13): nobody checks it, and nothing is decided by it. A text
 * is empty and a number zero where there is none, or nothing was said.
 */
export const Hardware = new StructType(
  {
    cpu: Name,
    /** Processors that run at once. */
    cores: U16,
    memoryGib: U32,
    gpu: Name,
    /** Of all its graphics cards together. */
    gpuMemoryGib: U32,
  },
  { typeName: 'Hardware' },
);
export type Hardware = ValueOf<typeof Hardware>;

const roleFields = {
  /** Owns the stake and is paid. */
  account: Address,
  /** Signs the role's duties. */
  publicKey: Bytes32,
  /** Who runs it (§10.2). */
  operator: Address,
  stakeUnits: Units,
  status: RoleStatus,
  /** Height of the block that gave it this status. */
  statusHeight: Height,
  /** Duties done this reward period: certificates signed, audits revealed, tasks forwarded. */
  epochDuties: U32,
  /** Duties missed, all time. */
  strikes: U32,
  /** The epoch after the last one in which it was seen; 0 for never, or for absent since (§7.12). */
  seenUntil: U32,
};

/** What every role has, and all of an oracle. */
export const RoleRow = new StructType(roleFields, { typeName: 'RoleRow' });
export type RoleRow = ValueOf<typeof RoleRow>;

/** Of a role that others dial. */
const reachedFields = {
  ...roleFields,
  /** Where it is reached, as it says itself (§3.11). */
  netAddresses: NetAddresses,
};

export const GatewayRow = new StructType(reachedFields, { typeName: 'GatewayRow' });
export type GatewayRow = ValueOf<typeof GatewayRow>;

export const ValidatorRow = new StructType(
  {
    ...reachedFields,
    /** Signs blocks and votes on them (§3.10). */
    consensusKey: Bytes32,
    /** Root of the engine it audits with (§3.12); zero where it has named none. */
    engine: Bytes32,
  },
  { typeName: 'ValidatorRow' },
);
export type ValidatorRow = ValueOf<typeof ValidatorRow>;

/** A consensus key that a validator had, as long as what it signed may be evidence (§3.10). */
export const RetiredKeyRow = new StructType(
  { validator: ref('validators'), consensusKey: Bytes32, lastHeight: Height },
  { typeName: 'RetiredKeyRow' },
);
export type RetiredKeyRow = ValueOf<typeof RetiredKeyRow>;

export const MixerRow = new StructType(
  {
    ...reachedFields,
    blsPublicKey: BlsPublicKey,
    /** Sequence the next batch must carry. */
    nextSequence: Count,
    /** Height of the last block with a batch of it, and the rounds of this epoch in which it had one (§9.4). */
    revealHeight: Height,
    epochRounds: U32,
    /** Its duties of this reward period when the epoch began. */
    dutiesBefore: U32,
    /** First epoch in which it may have a seat again that it lost by absence (§7.13). */
    seatFrom: U32,
  },
  { typeName: 'MixerRow' },
);
export type MixerRow = ValueOf<typeof MixerRow>;

/** A member of a committee, with the key it signs with there (§7.1). */
export const CommitteeSeat = new StructType(
  { mixer: ref('mixers'), blsPublicKey: BlsPublicKey },
  { typeName: 'CommitteeSeat' },
);
export type CommitteeSeat = ValueOf<typeof CommitteeSeat>;

/** The committee from an epoch on, until that of the next row; bit i of a certificate's signers is seat i. */
export const CommitteeRow = new StructType(
  { fromEpoch: U32, seats: new StructListType(CommitteeSeat, limits.maxMixers) },
  { typeName: 'CommitteeRow' },
);
export type CommitteeRow = ValueOf<typeof CommitteeRow>;

/** Registers an oracle or gateway with a stake of the sender's (§3.1). */
export const RegisterRole = new StructType(
  { kind: StakeKind, publicKey: Bytes32, operator: Address, stakeUnits: Units },
  { typeName: 'RegisterRole' },
);

/** Registers a mixer with a stake of the sender's, and proof that the secret of its committee key is known (§3.1). */
export const RegisterMixer = new StructType(
  { publicKey: Bytes32, operator: Address, stakeUnits: Units, blsPublicKey: BlsPublicKey, possession: BlsSignature },
  { typeName: 'RegisterMixer' },
);

/** Registers a validator with a stake of the sender's, and proof that it holds its consensus key (§3.1). */
export const RegisterValidator = new StructType(
  {
    publicKey: Bytes32,
    operator: Address,
    stakeUnits: Units,
    consensusKey: Bytes32,
    possession: Ed25519Signature,
  },
  { typeName: 'RegisterValidator' },
);

/** Pauses, resumes or deregisters a role or a miner (§3.3, §3.4). */
export const SetRoleStatus = new StructType(
  { kind: StakeKind, role: U32, status: RoleStatus },
  { typeName: 'SetRoleStatus' },
);

/** Says where a mixer, validator or gateway is reached, in the place of what was said before (§3.11). */
export const SetNetAddresses = new StructType(
  { kind: StakeKind, role: U32, netAddresses: NetAddresses },
  { typeName: 'SetNetAddresses' },
);

/** Says with which engine a validator audits, by its root (§3.12). */
export const NameEngine = new StructType({ validator: ref('validators'), engine: Bytes32 }, { typeName: 'NameEngine' });

/** Gives a role or a miner another key from the next epoch on (§3.6). */
export const RotateKey = new StructType({ kind: StakeKind, role: U32, publicKey: Bytes32 }, { typeName: 'RotateKey' });

/** Gives a mixer another committee key from the next epoch on (§3.6). */
export const RotateCommitteeKey = new StructType(
  { mixer: ref('mixers'), blsPublicKey: BlsPublicKey, possession: BlsSignature },
  { typeName: 'RotateCommitteeKey' },
);

/** Gives a validator another consensus key from the next epoch on (§3.6). */
export const RotateConsensusKey = new StructType(
  { validator: ref('validators'), consensusKey: Bytes32, possession: Ed25519Signature },
  { typeName: 'RotateConsensusKey' },
);

/** Says that the role with the sender's key is there: gives back what nobody knew before this epoch (§7.12). */
export const ProvePresence = new StructType({ kind: StakeKind, epochBeacon: Bytes32 }, { typeName: 'ProvePresence' });

/** What a miner offers, and how its income is divided, from the next epoch on (§3.7). */
export const UpdateMiner = new StructType(
  {
    miner: ref('miners'),
    models: listOfRefs('models', limits.maxModelsPerMiner),
    contextTokens: U32,
    concurrency: U16,
    evidenceLevel: U8,
    engine: Bytes32,
    hardware: Hardware,
    split: MinerSplit,
  },
  { typeName: 'UpdateMiner' },
);
