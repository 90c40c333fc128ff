import { Bool, Bytes32, enumOf, StructListType, StructType, U8, U32, type ValueOf } from '@assay/ssz';
import { TaskKind } from '../batch/receipt.ts';
import { Address, Count, Height, Units } from '../encoding.ts';
import { limits } from '../limits.ts';
import { type Ref, ref } from '../refs.ts';
import { AuditNumbers, Surprise } from '../task/audit-numbers.ts';

/** The session of a challenge's task, and its gateway: nobody asked for it (§8.6). */
export const noSession: Ref<'sessions'> = 0xffff_ffff;
export const noGateway: Ref<'gateways'> = 0xffff_ffff;

/** Whether an answer is similar to most of its task's replicas: else most agree without it, or no majority does. */
export const Agreement = enumOf('similar', 'outlier', 'alone');
export type Agreement = ValueOf<typeof Agreement>;

/** `certified`: waits for its audit draw. `auditing`: drawn. Then approved or rejected, paid or refunded. */
export const TaskStatus = enumOf('certified', 'auditing', 'approved', 'rejected', 'settled');
export type TaskStatus = ValueOf<typeof TaskStatus>;
export const TaskRow = new StructType(
  {
    taskId: Bytes32,
    kind: TaskKind,
    status: TaskStatus,
    session: ref('sessions'),
    model: ref('models'),
    miner: ref('miners'),
    gateway: ref('gateways'),
    mixer: ref('mixers'),
    /** Height of the block that certified it, and the draw it names. */
    height: Height,
    drawHeight: Height,
    replica: U8,
    tokensIn: U32,
    tokensOut: U32,
    /** Held in pending until the epoch closes with the task approved (economics §2). */
    pendingUnits: Units,
    priceUnits: Units,
    artifactRoot: Bytes32,
    firstTokenMs: U32,
    totalMs: U32,
    /** Beacon reveals counted when certified: the draw waits for later ones (§9.1). */
    reveals: Count,
    isRated: Bool,
    /** Whether its rank in the draw is one the network chose (economics §7.3). */
    isDrawn: Bool,
    agreement: Agreement,
  },
  { typeName: 'TaskRow' },
);
export type TaskRow = ValueOf<typeof TaskRow>;

/** A rating of this reward period (economics §4.5). */
export const RatingRow = new StructType(
  { payer: Address, miner: ref('miners'), rating: U8, spentUnits: Units },
  { typeName: 'RatingRow' },
);
export type RatingRow = ValueOf<typeof RatingRow>;

export const AuditorState = enumOf('drawn', 'committed', 'revealed', 'missed');
export const AuditorSlot = new StructType(
  {
    validator: ref('validators'),
    state: AuditorState,
    /** Last height for the next step; 0 while a committed auditor waits for the others to commit. */
    deadline: Height,
    commitment: Bytes32,
    numbers: AuditNumbers,
  },
  { typeName: 'AuditorSlot' },
);
export type AuditorSlot = ValueOf<typeof AuditorSlot>;

export const AuditVerdict = enumOf('open', 'pass', 'soft', 'hard', 'noResult', 'hung');
export type AuditVerdict = ValueOf<typeof AuditVerdict>;
export const AuditRow = new StructType(
  {
    taskId: Bytes32,
    /** Beacon that drew this audit, its auditors and its positions. */
    seed: Bytes32,
    drawnHeight: Height,
    verdict: AuditVerdict,
    /** What was pooled of the miner when the verdict was drawn. */
    mismatchesMilli: U32,
    surprise: Surprise,
    /** Auditors that the first draw took; they commit before either is seen (§10.20). */
    firstAuditors: U8,
    /** Of a task that had its end already: contradicted by a challenge (§8.8), or planted and passed (§10.26). */
    isSecond: Bool,
    /** Its miner says that the numbers of the artifact are wrong on purpose (§10.25). */
    isPlanted: Bool,
    /** Auditors that an earlier verdict has judged already. */
    judged: U8,
    /** Height before which nothing is decided or drawn but by an opening; 0 for none (§10.25). */
    waitUntil: Height,
    /** Root of the engine that all its auditors named (§10.2.1); zero where anybody may be drawn. */
    engine: Bytes32,
    auditors: new StructListType(AuditorSlot, limits.maxAuditorsPerTask),
  },
  { typeName: 'AuditRow' },
);
export type AuditRow = ValueOf<typeof AuditRow>;
