import { Bool, Bytes32, bytesOf, enumOf, oneOf, textOf, U8, U16, U32, type ValueOf } from '@assay/ssz';
import { ContainerNodeStructType, ContainerType, ListBasicType, ListCompositeType } from '@chainsafe/ssz';
import { BatchHeader, Receipt } from '../batch/receipt.ts';
import { BlsSignature, Ed25519Signature, Height, Name, TimeMs } from '../encoding.ts';
import { limits } from '../limits.ts';
import { ref, shortRef } from '../refs.ts';
import { Artifact, FinishReason, NegLogProb, Precommit, PrecommitOpening, Reveal, Sampling } from '../task/artifact.ts';
import { ChallengeReport, TaskState, Transition } from '../task/records.ts';

/** Who says a message. */
export const ChatRole = enumOf('system', 'user', 'assistant');

const Message = new ContainerType({ role: ChatRole, content: textOf(limits.maxRequestBytes) }, { typeName: 'Message' });

/** A request as the miner executes it; its root is the request hash of the receipt (§5 Request). */
export const InferencePayload = new ContainerType(
  {
    messages: new ListCompositeType(Message, limits.maxMessages),
    maxTokens: U32,
    sampling: Sampling,
    stop: new ListCompositeType(textOf(limits.maxStopBytes), limits.maxStops),
    topLogprobs: U8,
    /** Makes equal requests different tasks. */
    nonce: Bytes32,
  },
  { typeName: 'InferencePayload' },
);
export type InferencePayload = ValueOf<typeof InferencePayload>;

/** What the session key signs: it may cost this session at most `maxUnits` of tokens (§5 Request). */
export const TaskRequest = new ContainerNodeStructType(
  {
    session: ref('sessions'),
    gateway: ref('gateways'),
    requestHash: Bytes32,
    maxTokensIn: U32,
    maxTokensOut: U32,
    validUntilMs: TimeMs,
  },
  { typeName: 'TaskRequest' },
);
export type TaskRequest = ValueOf<typeof TaskRequest>;

/** Gateway to mixer: first message of a task stream. */
export const TaskSubmission = new ContainerType(
  { request: TaskRequest, signature: Ed25519Signature, payload: InferencePayload },
  { typeName: 'TaskSubmission' },
);
export type TaskSubmission = ValueOf<typeof TaskSubmission>;

const Detail = textOf(512);
/** As much of a sentence as a failure or a refusal has room for. */
export const detailOf = (sentence: string): string => Detail.fitted(sentence);
const Failure = new ContainerType({ code: Name, detail: Detail }, { typeName: 'Failure' });
/** Why a request has no answer, and after how long it is worth asking again; 0 where that is not known. */
const Refused = new ContainerType({ code: Name, detail: Detail, retryAfterMs: U32 }, { typeName: 'Refused' });
/** How many requests of the same model come before, and how long that is taken to be. */
const Queued = new ContainerNodeStructType({ ahead: U32, waitMs: U32 }, { typeName: 'Queued' });
const Admitted = new ContainerNodeStructType({ taskId: Bytes32 }, { typeName: 'Admitted' });

const Alternative = new ContainerType(
  { id: U32, text: bytesOf(limits.maxTokenBytes), negLogprobMicro: NegLogProb },
  { typeName: 'Alternative' },
);
const StreamToken = new ContainerType(
  {
    id: U32,
    /** May begin or end within a character; so may the text of a chunk. */
    text: bytesOf(limits.maxTokenBytes),
    negLogprobMicro: NegLogProb,
    top: new ListCompositeType(Alternative, limits.maxTopLogprobs),
  },
  { typeName: 'StreamToken' },
);

/** A piece of an answer. `chain` hashes all token ids so far; every 32 tokens the miner signs it (§5.5). */
export const Chunk = new ContainerType(
  {
    tokens: new ListCompositeType(StreamToken, limits.maxChunkTokens),
    text: bytesOf(limits.maxOutputBytes),
    chain: Bytes32,
    /** Empty, or one signature over the stream checkpoint. */
    checkpoint: new ListCompositeType(Ed25519Signature, 1),
  },
  { typeName: 'Chunk' },
);
export type Chunk = ValueOf<typeof Chunk>;

const Ended = new ContainerNodeStructType(
  { finish: FinishReason, tokensIn: U32, tokensOut: U32 },
  { typeName: 'Ended' },
);

/** Mixer to gateway, in this order: queued where it waits, admitted or failure, chunks, ended or failure. */
export const GatewayMessage = oneOf(
  { failure: Refused, admitted: Admitted, chunk: Chunk, ended: Ended, queued: Queued },
  { typeName: 'GatewayMessage' },
);
export type GatewayMessage = ValueOf<typeof GatewayMessage>;

/** Mixer to miner: the work offered (§5 Prepare). */
const Prepare = new ContainerNodeStructType(
  { taskId: Bytes32, model: ref('models'), maxTokensIn: U32, maxTokensOut: U32, mixer: ref('mixers') },
  { typeName: 'Prepare' },
);
const Start = new ContainerType({ payload: InferencePayload }, { typeName: 'Start' });
const OpenReveal = new ContainerNodeStructType({ taskId: Bytes32 }, { typeName: 'OpenReveal' });
const Cancel = new ContainerNodeStructType({ taskId: Bytes32 }, { typeName: 'Cancel' });
export const MixerToMiner = oneOf(
  { prepare: Prepare, start: Start, openReveal: OpenReveal, cancel: Cancel },
  { typeName: 'MixerToMiner' },
);
export type MixerToMiner = ValueOf<typeof MixerToMiner>;

const Prepared = new ContainerType({ accepted: Bool, reason: Detail }, { typeName: 'Prepared' });
const SignedPrecommit = new ContainerType(
  { precommit: Precommit, signature: Ed25519Signature },
  { typeName: 'SignedPrecommit' },
);
const SignedOpening = new ContainerType(
  { artifact: Artifact, opening: PrecommitOpening, signature: Ed25519Signature },
  { typeName: 'SignedOpening' },
);
/** Miner to mixer, in this order: prepared, chunks, precommit, reveal; or failure at any time (§5). */
export const MinerToMixer = oneOf(
  { failure: Failure, prepared: Prepared, chunk: Chunk, precommit: SignedPrecommit, reveal: SignedOpening },
  { typeName: 'MinerToMixer' },
);
export type MinerToMixer = ValueOf<typeof MinerToMixer>;

/** The home mixer's word on where a task stands; oracles and mixers keep time by it (D1, D3). */
export const TaskAnnouncement = new ContainerNodeStructType(
  {
    taskId: Bytes32,
    mixer: ref('mixers'),
    state: TaskState,
    attempt: U8,
    rank: U16,
    miner: ref('miners'),
    /** Unix time by which the next state is due, milliseconds. */
    deadlineMs: TimeMs,
    timeMs: TimeMs,
  },
  { typeName: 'TaskAnnouncement' },
);
export type TaskAnnouncement = ValueOf<typeof TaskAnnouncement>;
export const SignedAnnouncement = new ContainerType(
  { announcement: TaskAnnouncement, signature: Ed25519Signature },
  { typeName: 'SignedAnnouncement' },
);
export type SignedAnnouncement = ValueOf<typeof SignedAnnouncement>;

/** An oracle's request to take a late task from its miner (§5.3). */
export const TransitionRequest = new ContainerNodeStructType(
  {
    taskId: Bytes32,
    mixer: ref('mixers'),
    oracle: shortRef('oracles'),
    attempt: U8,
    state: TaskState,
    miner: ref('miners'),
    rank: U16,
    timeMs: TimeMs,
  },
  { typeName: 'TransitionRequest' },
);
export type TransitionRequest = ValueOf<typeof TransitionRequest>;
export const SignedTransition = new ContainerType(
  { request: TransitionRequest, signature: Ed25519Signature },
  { typeName: 'SignedTransition' },
);
/** A mixer's agreement: its own record and clock say the same, within two seconds (§5.3). */
export const TransitionVote = new ContainerType(
  { agrees: Bool, mixer: ref('mixers'), signature: Ed25519Signature },
  { typeName: 'TransitionVote' },
);
export const TransitionOrder = new ContainerType(
  { request: SignedTransition, votes: new ListCompositeType(TransitionVote, limits.maxMixers) },
  { typeName: 'TransitionOrder' },
);
export type TransitionOrder = ValueOf<typeof TransitionOrder>;

/** What another mixer needs, besides the ledger, to check a receipt (§7.2). */
export const TaskEvidence = new ContainerType(
  {
    request: TaskRequest,
    requestSignature: Ed25519Signature,
    precommitSignature: Ed25519Signature,
    salt: Bytes32,
  },
  { typeName: 'TaskEvidence' },
);
export type TaskEvidence = ValueOf<typeof TaskEvidence>;

const FinishedTask = new ContainerType({ receipt: Receipt, evidence: TaskEvidence }, { typeName: 'FinishedTask' });

/** What another mixer needs, besides the ledger, to check a transition (§5.3). */
export const TransitionEvidence = new ContainerType(
  { request: TaskRequest, requestSignature: Ed25519Signature, order: TransitionOrder },
  { typeName: 'TransitionEvidence' },
);
export type TransitionEvidence = ValueOf<typeof TransitionEvidence>;
const LateTask = new ContainerType({ transition: Transition, evidence: TransitionEvidence }, { typeName: 'LateTask' });

/** The miner's word for a disputed artifact: its signature over the precommit, and the salt (§8.6). */
export const DisputeEvidence = new ContainerNodeStructType(
  { precommitSignature: Ed25519Signature, salt: Bytes32 },
  { typeName: 'DisputeEvidence' },
);
export type DisputeEvidence = ValueOf<typeof DisputeEvidence>;

/** A report, with the evidence for each challenge that it disputes, in their order. */
const MeasuredMiner = new ContainerType(
  { report: ChallengeReport, evidence: new ListCompositeType(DisputeEvidence, limits.maxDisputed) },
  { typeName: 'MeasuredMiner' },
);
export type MeasuredMiner = ValueOf<typeof MeasuredMiner>;

/** An attestation with its evidence, on its way to a certificate, as its mixer keeps it (§7.1). */
export const Attestation = oneOf(
  { receipt: FinishedTask, transition: LateTask, report: MeasuredMiner },
  { typeName: 'Attestation' },
);
export type Attestation = ValueOf<typeof Attestation>;

/** A mixer's batch, offered to every other mixer for its signature (§7.2). */
export const BatchOffer = new ContainerType(
  { header: BatchHeader, attestations: new ListCompositeType(Attestation, limits.maxBatchReceipts) },
  { typeName: 'BatchOffer' },
);
export type BatchOffer = ValueOf<typeof BatchOffer>;
const BatchSignature = new ContainerNodeStructType({ mixer: ref('mixers'), signature: BlsSignature });
/** Times of the receipt at a place of a batch: the least that a mixer signs, by what it heard (§15.20). */
const LeastTimes = new ContainerNodeStructType({ index: U16, firstTokenMs: U32, totalMs: U32 });
export type LeastTimes = ValueOf<typeof LeastTimes>;
const BatchRefusal = new ContainerType({
  mixer: ref('mixers'),
  /** Places of the attestations found invalid; empty when the batch itself is refused. */
  invalid: new ListBasicType(U16, limits.maxBatchReceipts),
  /** Of those, the receipts that name less time than it heard. */
  slower: new ListCompositeType(LeastTimes, limits.maxBatchReceipts),
  reason: Detail,
});
export const BatchReply = oneOf({ signature: BatchSignature, refusal: BatchRefusal }, { typeName: 'BatchReply' });
export type BatchReply = ValueOf<typeof BatchReply>;

/** "This mixer is here", published each block; admission needs more than two thirds of them (§7.1). */
export const Presence = new ContainerNodeStructType({ mixer: ref('mixers'), height: Height }, { typeName: 'Presence' });
export type Presence = ValueOf<typeof Presence>;
export const SignedPresence = new ContainerType(
  { presence: Presence, signature: Ed25519Signature },
  { typeName: 'SignedPresence' },
);

/** Mixer to miner: what to sign and answer at once (§15.1). */
export const Ping = new ContainerNodeStructType({ miner: ref('miners'), nonce: Bytes32 }, { typeName: 'Ping' });
export type Ping = ValueOf<typeof Ping>;
export const Pong = new ContainerNodeStructType({ signature: Ed25519Signature }, { typeName: 'Pong' });

/** Mixer to miner: the seed of the bytes it wants; the miner sends them all, piece by piece (§15.2). */
export const DataRequest = new ContainerNodeStructType({ seed: Bytes32 }, { typeName: 'DataRequest' });

/** A task's artifact with the request it answers, for its auditors (§10.2). */
export const ArtifactRequest = new ContainerNodeStructType({ taskId: Bytes32 }, { typeName: 'ArtifactRequest' });
export const ArtifactBundle = new ContainerType(
  /** The ticket is of the payload's root, and makes the task id: the request cannot be another (§14.3). */
  { ticket: BlsSignature, payload: InferencePayload, reveal: Reveal },
  { typeName: 'ArtifactBundle' },
);
export type ArtifactBundle = ValueOf<typeof ArtifactBundle>;
/** Empty when the artifact is not held. */
export const ArtifactReply = new ListCompositeType(ArtifactBundle, 1);
