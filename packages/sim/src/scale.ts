import {
  Attestation,
  BatchOffer,
  BatchReply,
  BitArray,
  CertifiedBatch,
  type Params,
  SignedAnnouncement,
  SignedPresence,
  TaskRow,
  Transaction,
} from '@assay/protocol';

/** A network under a steady load. */
export interface Scale {
  readonly mixers: number;
  readonly oracles: number;
  readonly tasksPerS: number;
  readonly params: Pick<Params, 'blockTimeMs' | 'epochBlocks' | 'receiptLifetimeBlocks' | 'batchMs'>;
  /** What a mixer says of each task: a word for each step, and one each time its deadline moves (§5.17). */
  readonly announcementsPerTask: number;
  /** From an offer to the answers that its issuer waits for (§14.1.2), milliseconds. */
  readonly gatherMs: number;
}

/** Messages of one kind, once for each receiver, without what a transport adds. */
export interface Flow {
  readonly messagesPerS: number;
  readonly bytesPerS: number;
}

/** What a network carries and keeps. */
export interface Carried {
  readonly certificatesPerS: number;
  readonly announcements: Flow;
  readonly presences: Flow;
  readonly batches: Flow;
  /** Certified batches in blocks. */
  readonly chainBytesPerS: number;
  /** Rows of tasks in the state at any time; each is forgotten (§2.5). */
  readonly stateBytes: number;
}

/** Time of one core for one thing, milliseconds. */
export interface Costs {
  /** All that a mixer checks of a receipt: its ticket, signatures, draw, the rules of the ledger. */
  readonly receiptMs: number;
  readonly blsSignMs: number;
  readonly blsVerifyMs: number;
  /** A certificate, with every rule. */
  readonly certificateMs: number;
  /** An announcement or a presence, read and kept. */
  readonly announcementMs: number;
  /** A certified receipt, applied to the state, with its part of the root. */
  readonly applyMs: number;
}

/** Parts of a core that are busy. */
export interface Busy {
  readonly mixer: number;
  readonly follower: number;
}

/** A batch of so many receipts, as it is offered and as a transaction of the chain, in bytes. */
function batchBytes(receipts: number, mixers: number): { readonly offered: number; readonly certified: number } {
  const attestation = Attestation.defaultValue();
  if (attestation.kind !== 'receipt') throw new Error('a receipt is the first kind of attestation');
  const { receipt } = attestation.value;
  const all = Array.from({ length: receipts }, () => attestation);
  const batch = CertifiedBatch.defaultValue();
  const certificate = { ...batch.certificate, signers: BitArray.fromBoolArray(Array(mixers).fill(true)) };
  const value = { ...batch, certificate, receipts: all.map(() => receipt) };
  const transaction = Transaction.defaultValue();
  const content = { ...transaction.content, body: { kind: 'certifiedBatch' as const, value } };
  return {
    offered: BatchOffer.serialize({ ...BatchOffer.defaultValue(), attestations: all }).length,
    certified: Transaction.serialize({ ...transaction, content }).length,
  };
}

const announcementBytes = SignedAnnouncement.serialize(SignedAnnouncement.defaultValue()).length;
const presenceBytes = SignedPresence.serialize(SignedPresence.defaultValue()).length;
const replyBytes = BatchReply.serialize(BatchReply.defaultValue()).length;
const taskRowBytes = TaskRow.serialize(TaskRow.defaultValue()).length;

/**
 * Certificates a second (§14.1). A mixer gathers signatures for one batch at a time, which ends with the block that
 * holds it. So it issues one for each block, or for each few where signatures take longer, if a task was finished
 * meanwhile; the one in turn issues without.
 */
function certificatesPerS({ mixers, tasksPerS, params, gatherMs }: Scale): number {
  const { batchMs, blockTimeMs } = params;
  const roundS = (Math.ceil((batchMs + gatherMs) / blockTimeMs) * blockTimeMs) / 1000;
  const withoutTask = Math.exp((-tasksPerS * roundS) / mixers);
  return (mixers / roundS) * (1 - withoutTask) + (1000 / blockTimeMs) * withoutTask;
}

/** What is carried to every mixer and kept, by the numbers of a network and the types of its messages. */
export function carried(scale: Scale): Carried {
  const { mixers, oracles, tasksPerS, announcementsPerTask, params } = scale;
  const blocksPerS = 1000 / params.blockTimeMs;
  const certificates = certificatesPerS(scale);
  const [empty, one] = [batchBytes(0, mixers), batchBytes(1, mixers)];
  const others = mixers - 1;
  const announcements = tasksPerS * announcementsPerTask * (others + oracles);
  const presences = mixers * others * blocksPerS;
  const offers = certificates * others;
  const offeredBytes = others * (certificates * empty.offered + tasksPerS * (one.offered - empty.offered));
  const keptBlocks = 2 * params.receiptLifetimeBlocks + params.epochBlocks / 2;
  return {
    certificatesPerS: certificates,
    announcements: { messagesPerS: announcements, bytesPerS: announcements * announcementBytes },
    presences: { messagesPerS: presences, bytesPerS: presences * presenceBytes },
    batches: { messagesPerS: 2 * offers, bytesPerS: offeredBytes + offers * replyBytes },
    chainBytesPerS: certificates * empty.certified + tasksPerS * (one.certified - empty.certified),
    stateBytes: (tasksPerS * keptBlocks * taskRowBytes) / blocksPerS,
  };
}

/**
 * How busy one core of a mixer and of a follower of the chain is. A mixer checks every receipt, and for each
 * certificate of another the reveal, and signs; for its own it checks the signature of every other. It follows the
 * chain too.
 */
export function busy(scale: Scale, costs: Costs): Busy {
  const { mixers, oracles, tasksPerS } = scale;
  const { certificatesPerS: certificates, announcements, presences } = carried(scale);
  const { receiptMs, blsSignMs, blsVerifyMs, certificateMs, announcementMs, applyMs } = costs;
  const heard = announcements.messagesPerS / (mixers - 1 + oracles) + presences.messagesPerS / mixers;
  const followerMs = certificates * certificateMs + tasksPerS * applyMs;
  const own = (certificates / mixers) * (mixers - 1) * blsVerifyMs;
  const mixerMs = tasksPerS * receiptMs + certificates * (blsVerifyMs + blsSignMs) + own + heard * announcementMs;
  return { mixer: (mixerMs + followerMs) / 1000, follower: followerMs / 1000 };
}

/** Tasks a second at which one core of each mixer is as busy as `part`; 0 when certificates of nothing are more. */
export function mostTasksPerS(scale: Omit<Scale, 'tasksPerS'>, costs: Costs, part: number): number {
  let [low, high] = [0, 1e6];
  for (let step = 0; step < 60; step++) {
    const tasksPerS = (low + high) / 2;
    if (busy({ ...scale, tasksPerS }, costs).mixer < part) low = tasksPerS;
    else high = tasksPerS;
  }
  return low;
}
