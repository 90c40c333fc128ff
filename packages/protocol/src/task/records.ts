import { Bytes32, enumOf, listOfU32, StructListType, StructType, U8, U16, U32, type ValueOf } from '@assay/ssz';
import { ContainerType } from '@chainsafe/ssz';
import { type Receipt, ReceiptList, TaskKind } from '../batch/receipt.ts';
import { BlsSignature, Height, listOfQuantities, Quantity } from '../encoding.ts';
import { limits } from '../limits.ts';
import { ref, shortRef } from '../refs.ts';

/** The steps of a task, in order (§5). */
export const TaskState = enumOf('create', 'prepare', 'start', 'precommit', 'commit', 'end');
export type TaskState = ValueOf<typeof TaskState>;

/** The attestation of a late step: the task was taken from its miner by the word of an oracle (§5.3). */
export const Transition = new StructType(
  {
    /** What the ticket is of; ticket and replica make the task's id (§6.4); what the task was for. */
    session: ref('sessions'),
    requestHash: Bytes32,
    ticket: BlsSignature,
    replica: U8,
    kind: TaskKind,
    /** The step that was late, and of which attempt. */
    step: TaskState,
    attempt: U8,
    /** The miner it was taken from, and its rank in the draw from the state of that height. */
    miner: ref('miners'),
    rank: U16,
    drawHeight: Height,
    /** Who asked. */
    oracle: shortRef('oracles'),
  },
  { typeName: 'Transition' },
);
export type Transition = ValueOf<typeof Transition>;

/** What a mixer signs to learn whom it measures in an epoch, and how many challenges it owes each (§8.1). */
export const ChallengeTurn = new StructType({ epoch: U32 }, { typeName: 'ChallengeTurn' });

/** The task of the known answer to a challenge that has none: auditors alone can tell whether it was done (§8.6.1). */
export const noKnownTask = new Uint8Array(32);

/** A challenge whose answer is not the known one: the ledger makes a task of it, and auditors decide (§8.6). */
export const DisputedChallenge = new StructType(
  {
    taskId: Bytes32,
    /** Task of the known answer, whose maker answers for it when this one passes (§8.8); or `noKnownTask`. */
    knownTaskId: Bytes32,
    model: ref('models'),
    tokensIn: U32,
    tokensOut: U32,
    /** Of what the miner was asked, as it signed it. */
    requestHash: Bytes32,
    artifactRoot: Bytes32,
  },
  { typeName: 'DisputedChallenge' },
);
export type DisputedChallenge = ValueOf<typeof DisputedChallenge>;

/** A disputed challenge as the ledger keeps it, as long as its task (§8.6). */
export const DisputeRow = new StructType(
  { taskId: Bytes32, knownTaskId: Bytes32, requestHash: Bytes32 },
  { typeName: 'DisputeRow' },
);
export type DisputeRow = ValueOf<typeof DisputeRow>;

/** What one mixer measured of a miner in an epoch; zero is not measured (§8.3). */
const measured = {
  /** Challenges that came to an end, and how many of them were answered right. */
  asked: U8,
  right: U8,
  /** Output tokens of answers that are right, or fresh, per 1,000 s; and bytes per second. */
  hashRate: Quantity,
  bandwidth: Quantity,
  /** Round trip, milliseconds. */
  latencyMs: U32,
};

/** The attestation of the challenges of one mixer to one miner in an epoch (§8.1). */
export const ChallengeReport = new StructType(
  {
    miner: ref('miners'),
    /** The mixer's signature over the challenge turn. */
    reveal: BlsSignature,
    disputed: new StructListType(DisputedChallenge, limits.maxDisputed),
    ...measured,
  },
  { typeName: 'ChallengeReport' },
);
export type ChallengeReport = ValueOf<typeof ChallengeReport>;

/** The attestations of a batch that are not receipts (§7.1). */
export const BatchRecords = new ContainerType(
  {
    transitions: new StructListType(Transition, limits.maxBatchTransitions),
    reports: new StructListType(ChallengeReport, limits.maxBatchReports),
  },
  { typeName: 'BatchRecords' },
);
export type BatchRecords = ValueOf<typeof BatchRecords>;

/** A transition as the ledger keeps it while its task could still be certified. */
export const TransitionRow = new StructType(
  {
    taskId: Bytes32,
    step: TaskState,
    attempt: U8,
    miner: ref('miners'),
    oracle: shortRef('oracles'),
    drawHeight: Height,
    /** Height of the block that recorded it. */
    height: Height,
  },
  { typeName: 'TransitionRow' },
);
export type TransitionRow = ValueOf<typeof TransitionRow>;

/** A report as the ledger keeps it, with the challenges its mixer owed and how many of them were disputed. */
export const MeasureReport = new StructType(
  { mixer: ref('mixers'), owed: U8, disputed: U8, ...measured },
  { typeName: 'MeasureReport' },
);
export type MeasureReport = ValueOf<typeof MeasureReport>;

/** What was measured of one miner (§8.4): the reports of its last epoch, and the values of those before, last first. */
export const MeasureRow = new StructType(
  {
    miner: ref('miners'),
    epoch: U32,
    /** Challenges that auditors found failed in that epoch (§8.5). */
    failed: U32,
    /** A reward period, and its challenges that were answered right, and those that were not (economics §7.1.1). */
    period: U32,
    right: U32,
    wrong: U32,
    reports: new StructListType(MeasureReport, limits.maxMixers),
    hashRates: listOfQuantities(limits.measuredEpochs),
    bandwidths: listOfQuantities(limits.measuredEpochs),
    latenciesMs: listOfU32(limits.measuredEpochs),
  },
  { typeName: 'MeasureRow' },
);
export type MeasureRow = ValueOf<typeof MeasureRow>;

/** What the header of a batch says of its contents (§7.3). */
export function batchRoots(batch: { readonly receipts: Receipt[]; readonly records: BatchRecords }): {
  readonly receiptsRoot: Uint8Array;
  readonly recordsRoot: Uint8Array;
} {
  return {
    receiptsRoot: ReceiptList.hashTreeRoot(batch.receipts),
    recordsRoot: BatchRecords.hashTreeRoot(batch.records),
  };
}
