import { priceOf } from '@assay/ledger';
import {
  type Artifact,
  type Deadlines,
  type EdgeCode,
  outputIds,
  precommitHash,
  type Receipt,
  type Ref,
  Sampling,
  type TaskEvidence,
  type TaskKind,
  type TaskRequest,
  type TaskState,
  type TransitionOrder,
} from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { textBytesBound, textTokensBound } from '../../prompt-bound.ts';
import type { LateTask } from '../attestations.ts';
import { type Extent, type Piece, StreamedAnswer } from './streamed-answer.ts';

/** What the mixer knows of a model when it admits a task; all from the ledger. */
export interface TaskTerms {
  readonly kind: TaskKind;
  readonly model: Ref<'models'>;
  readonly fileHash: Uint8Array;
  readonly priceInUnits: bigint;
  readonly priceOutUnits: bigint;
}

/** One task at its mixer, from admission to its end (§5). */
export interface MixerTask {
  readonly taskId: Uint8Array;
  /** The signature its id is made of (§6.4); empty for a challenge. */
  readonly ticket: Uint8Array;
  readonly request: TaskRequest;
  readonly requestSignature: Uint8Array;
  readonly sampling: Sampling;
  readonly terms: TaskTerms;
  readonly deadlines: Omit<Deadlines, 'oracleSlotMs'>;
  readonly maxReassignments: number;
  /** Miners in the order of the draw, and the ranks in the order they are asked (§6.2). */
  readonly draw: readonly number[];
  readonly order: readonly number[];
  readonly drawHeight: number;
  readonly state: TaskState;
  /** Index in `order` of the miner asked now, and its rank in the draw. */
  readonly orderIndex: number;
  readonly rank: number;
  readonly attempt: number;
  readonly admittedMs: number;
  readonly deadlineMs: number;
  readonly firstTokenMs: number | null;
  /** By when the whole answer is due, once it has begun. */
  readonly generationEndMs: number;
  /** What the client has, and how much of it the present attempt has given. */
  readonly answer: StreamedAnswer;
  readonly given: Extent;
  /** Miners that said the request is at fault. */
  readonly claims: readonly Claim[];
  readonly clientLeft: boolean;
  readonly precommit: { readonly hash: Uint8Array; readonly signature: Uint8Array } | null;
}

/** A miner's word that the request is at fault, and the late step it costs if another miner serves it (§5.15). */
export interface Claim {
  readonly attempt: number;
  readonly miner: Ref<'miners'>;
  readonly code: EdgeCode;
  readonly detail: string;
  readonly late: LateTask | null;
}

const unbegun = {
  state: 'create',
  orderIndex: 0,
  rank: 0,
  attempt: 0,
  firstTokenMs: null,
  generationEndMs: 0,
  given: { tokens: 0, textBytes: 0 },
  claims: [],
  clientLeft: false,
  precommit: null,
} as const satisfies Partial<MixerTask>;

/** A task as it begins, due at once (§5.1). */
export function newTask(
  asked: Omit<MixerTask, keyof typeof unbegun | 'answer' | 'admittedMs' | 'deadlineMs'>,
  nowMs: number,
): MixerTask {
  return { ...asked, ...unbegun, answer: new StreamedAnswer(), admittedMs: nowMs, deadlineMs: nowMs };
}

export type MixerEvent =
  | { readonly type: 'prepared'; readonly accepted: boolean; readonly nowMs: number }
  | { readonly type: 'piece'; readonly piece: Piece; readonly nowMs: number }
  | { readonly type: 'precommit'; readonly hash: Uint8Array; readonly signature: Uint8Array; readonly nowMs: number }
  | {
      readonly type: 'reveal';
      readonly artifact: Artifact;
      readonly artifactRoot: Uint8Array;
      readonly salt: Uint8Array;
      /** What the miner registered: above 0 it has token ids. */
      readonly evidenceLevel: number;
      readonly nowMs: number;
    }
  | { readonly type: 'lost'; readonly nowMs: number }
  /** The miner says that the request itself is at fault. */
  | { readonly type: 'refused'; readonly code: EdgeCode; readonly detail: string; readonly nowMs: number }
  | { readonly type: 'transition'; readonly order: TransitionOrder; readonly nowMs: number }
  /** §5.3.5 There was no quorum to take the task from its miner. */
  | { readonly type: 'stuck' }
  | { readonly type: 'clientLeft'; readonly nowMs: number };

export type MixerEffect =
  | { readonly type: 'prepare'; readonly miner: Ref<'miners'> }
  | { readonly type: 'start' }
  | { readonly type: 'openReveal' }
  | { readonly type: 'cancel' }
  | { readonly type: 'announce' }
  /** The miner broke the protocol: nothing more is read of it. */
  | { readonly type: 'breakOff' }
  /** The miner could not be reached or broke off: others are asked before it for a while (§5.12). */
  | { readonly type: 'avoid'; readonly miner: Ref<'miners'> }
  | { readonly type: 'forward'; readonly firstToken: number; readonly text: Uint8Array }
  | { readonly type: 'late'; readonly late: LateTask }
  | { readonly type: 'finish'; readonly receipt: Receipt; readonly evidence: TaskEvidence; readonly artifact: Artifact }
  | { readonly type: 'fail'; readonly code: EdgeCode; readonly detail: string };

export interface MixerStep {
  readonly task: MixerTask;
  readonly effects: readonly MixerEffect[];
}

const ended = (task: MixerTask, ...effects: MixerEffect[]): MixerStep => ({
  task: { ...task, state: 'end' },
  effects: [...effects, { type: 'announce' }],
});

/** Offers the task to the first miner of its draw (§5 Prepare). */
export function beginTask(task: MixerTask): MixerStep {
  return offerTo(task, 0, 0, task.admittedMs);
}

function offerTo(task: MixerTask, orderIndex: number, attempt: number, nowMs: number): MixerStep {
  const rank = task.order[orderIndex];
  const miner = rank === undefined ? undefined : task.draw[rank];
  if (rank === undefined || miner === undefined) {
    const detail = `${task.draw.length} eligible miners were asked.`;
    return ended(task, failure(task, attempt > 0 ? 'TASK_EXPIRED' : 'NO_MINER', detail));
  }
  const next: MixerTask = {
    ...task,
    orderIndex,
    rank,
    attempt,
    state: 'prepare',
    deadlineMs: nowMs + task.deadlines.prepareMs,
    given: unbegun.given,
    precommit: null,
  };
  return { task: next, effects: [{ type: 'prepare', miner }, { type: 'announce' }] };
}

/** The task after one event, and what its mixer has to do about it. */
export function stepTask(task: MixerTask, event: MixerEvent): MixerStep {
  if (task.state === 'end') return { task, effects: [] };
  switch (event.type) {
    case 'prepared':
      return onPrepared(task, event.accepted, event.nowMs);
    case 'piece':
      return onPiece(task, event.piece, event.nowMs);
    case 'precommit':
      return onPrecommit(task, event);
    case 'reveal':
      return onReveal(task, event);
    case 'lost':
      return onLost(task, event.nowMs);
    case 'refused':
      return onRefused(task, event);
    case 'transition':
      return onTransition(task, event.order, event.nowMs);
    case 'stuck':
      return ended(task, { type: 'cancel' }, failure(task, 'NO_COMMITTEE', 'Its miner is silent.'));
    case 'clientLeft':
      return onClientLeft(task);
  }
}

function onPrepared(task: MixerTask, accepted: boolean, nowMs: number): MixerStep {
  if (task.state !== 'prepare') return { task, effects: [] };
  // §5.4: declining costs a miner its turn and nothing else.
  if (!accepted) return offerTo(task, task.orderIndex + 1, task.attempt, nowMs);
  const next: MixerTask = { ...task, state: 'start', deadlineMs: nowMs + task.deadlines.firstTokenMs };
  return { task: next, effects: [{ type: 'start' }, { type: 'announce' }] };
}

function onPiece(task: MixerTask, piece: Piece, nowMs: number): MixerStep {
  const isFirst = task.state === 'start';
  if ((!isFirst && task.state !== 'precommit') || exceeds(task, piece)) return brokenOff(task, nowMs);
  const { generationMs, generationPerTokenMs, stallMs } = task.deadlines;
  const wholeMs = generationMs + generationPerTokenMs * task.request.maxTokensOut;
  const generationEndMs = isFirst ? nowMs + wholeMs : task.generationEndMs;
  // §5.17 Moved, and announced, only when a third of it is over.
  const isMoved = isFirst || 3 * (task.deadlineMs - nowMs) < 2 * stallMs;
  const deadlineMs = isMoved ? Math.min(nowMs + stallMs, generationEndMs) : task.deadlineMs;
  const next: MixerTask = {
    ...task,
    state: 'precommit',
    firstTokenMs: task.firstTokenMs ?? nowMs - task.admittedMs,
    generationEndMs,
    deadlineMs,
    given: after(task.given, piece),
  };
  const fresh = task.answer.take(task.given, piece);
  if (fresh === null) return interrupted(next);
  const effects: MixerEffect[] = isFirst || deadlineMs !== task.deadlineMs ? [{ type: 'announce' }] : [];
  if (fresh.ids.length > 0 || fresh.text.length > 0) {
    effects.push({ type: 'forward', firstToken: piece.ids.length - fresh.ids.length, text: fresh.text });
  }
  return { task: next, effects };
}

const after = ({ tokens, textBytes }: Extent, { ids, text }: Piece): Extent => ({
  tokens: tokens + ids.length,
  textBytes: textBytes + text.length,
});

/** §5.16 Whether a piece is empty, or more than the request asked for. */
function exceeds({ given, request: { maxTokensOut } }: MixerTask, piece: Piece): boolean {
  const { tokens, textBytes } = after(given, piece);
  const mostBytes = textBytesBound(maxTokensOut);
  return tokens > maxTokensOut || textBytes > mostBytes || (piece.ids.length === 0 && piece.text.length === 0);
}

function brokenOff(task: MixerTask, nowMs: number): MixerStep {
  const step = onLost(task, nowMs);
  return { ...step, effects: [{ type: 'breakOff' }, ...step.effects] };
}

function onLost(task: MixerTask, nowMs: number): MixerStep {
  if (task.claims.some(({ attempt }) => attempt === task.attempt)) return { task, effects: [] };
  // The deadline is drawn near, not skipped: taking the task away stays with the oracles (§5.3).
  const deadlineMs = Math.min(task.deadlineMs, nowMs + task.deadlines.lostMs);
  const avoid: MixerEffect = { type: 'avoid', miner: task.draw[task.rank] ?? 0 };
  return { task: { ...task, deadlineMs }, effects: [avoid, { type: 'announce' }] };
}

/** §5.8 The client has what this attempt contradicts. */
function interrupted(task: MixerTask): MixerStep {
  return ended(task, { type: 'cancel' }, { type: 'fail', code: 'ANSWER_INTERRUPTED', detail: 'Ask again.' });
}

/** §5.15 One miner's word costs the task its turn; that of a second one, or of the last there is, ends it. */
function onRefused(task: MixerTask, { code, detail, nowMs }: MixerEvent & { type: 'refused' }): MixerStep {
  if (task.state !== 'start') return brokenOff(task, nowMs);
  const miner = task.draw[task.rank] ?? 0;
  const isSeconded = task.claims.some((claim) => claim.miner !== miner && claim.code === code);
  const isLast = task.draw.length === 1 || task.attempt >= task.maxReassignments;
  if (isSeconded || isLast || task.clientLeft) return ended(task, { type: 'fail', code, detail });
  const claims = [...task.claims, { attempt: task.attempt, miner, code, detail, late: null }];
  const next = { ...task, claims, deadlineMs: Math.min(task.deadlineMs, nowMs) };
  return { task: next, effects: [{ type: 'announce' }] };
}

/** The end of a task that has no answer; a miner that said why is believed when no other could say otherwise. */
function failure({ claims: [claim] }: MixerTask, code: EdgeCode, detail: string): MixerEffect {
  return { type: 'fail', code: claim?.code ?? code, detail: claim?.detail ?? detail };
}

function onClientLeft(task: MixerTask): MixerStep {
  const next = { ...task, clientLeft: true };
  // §5.9 No miner has the request yet: there is nothing to commit to, and nobody to wait for.
  if (task.state === 'prepare') return ended(next, failure(task, 'TASK_EXPIRED', 'The client left.'));
  return { task: next, effects: [{ type: 'cancel' }] };
}

function onPrecommit(task: MixerTask, event: MixerEvent & { type: 'precommit' }): MixerStep {
  if (task.state !== 'precommit' && task.state !== 'start') return { task, effects: [] };
  const next: MixerTask = {
    ...task,
    state: 'commit',
    precommit: { hash: event.hash, signature: event.signature },
    deadlineMs: event.nowMs + task.deadlines.commitMs,
  };
  return { task: next, effects: [{ type: 'openReveal' }, { type: 'announce' }] };
}

function onReveal(task: MixerTask, event: MixerEvent & { type: 'reveal' }): MixerStep {
  const { artifact, artifactRoot, salt, evidenceLevel, nowMs } = event;
  if (task.state !== 'commit' || task.precommit === null) return { task, effects: [] };
  const { requestHash } = task.request;
  const hash = precommitHash({ artifactRoot, salt, requestHash, model: task.terms.model });
  // D2: a reveal that does not match its precommit, or the stream, is no result.
  const matches = equalBytes(hash, task.precommit.hash) && artifactFits(task, artifact, evidenceLevel);
  if (!matches) return brokenOff(task, nowMs);
  const { tokens, textBytes } = task.answer.length;
  if (tokens > task.given.tokens || textBytes > task.given.textBytes) return interrupted(task);
  const evidence: TaskEvidence = {
    request: task.request,
    requestSignature: task.requestSignature,
    precommitSignature: task.precommit.signature,
    salt,
  };
  const receipt = receiptOf(task, artifact, artifactRoot, nowMs);
  // §5.15 Who said that it cannot be served was late with it.
  const late = task.claims.flatMap((claim): MixerEffect[] => (claim.late ? [{ type: 'late', late: claim.late }] : []));
  return ended(task, ...late, { type: 'finish', receipt, evidence, artifact });
}

function artifactFits(task: MixerTask, artifact: Artifact, evidenceLevel: number): boolean {
  const ids = outputIds(artifact);
  const { request, sampling, given, answer } = task;
  return (
    equalBytes(artifact.taskId, task.taskId) &&
    artifact.miner === task.draw[task.rank] &&
    equalBytes(artifact.fileHash, task.terms.fileHash) &&
    ids.length === given.tokens &&
    artifact.text.length === given.textBytes &&
    answer.beginsWith(ids, artifact.text) &&
    artifact.tokensIn <= request.maxTokensIn &&
    artifact.tokensOut <= request.maxTokensOut &&
    isCounted(artifact, evidenceLevel) &&
    (artifact.finish !== 'cancelled' || task.clientLeft) &&
    Sampling.equals(artifact.sampling, sampling)
  );
}

/** §5.5 What is billed is what was streamed: ids where the miner has them, or what so much text can be. */
function isCounted({ promptIds, windows, tokensIn, tokensOut, text }: Artifact, evidenceLevel: number): boolean {
  const ids = outputIds({ windows });
  const hasIds = evidenceLevel > 0 || promptIds.length > 0 || ids.length > 0;
  return hasIds ? promptIds.length === tokensIn && ids.length === tokensOut : tokensOut <= textTokensBound(text.length);
}

function receiptOf(task: MixerTask, artifact: Artifact, artifactRoot: Uint8Array, nowMs: number): Receipt {
  return {
    taskId: task.taskId,
    kind: task.terms.kind,
    outcome: artifact.finish === 'cancelled' ? 'partial' : 'complete',
    session: task.request.session,
    model: task.terms.model,
    miner: task.draw[task.rank] ?? 0,
    gateway: task.request.gateway,
    drawHeight: task.drawHeight,
    ticket: task.ticket,
    replica: 0,
    rank: task.rank,
    attempt: task.attempt,
    tokensIn: artifact.tokensIn,
    tokensOut: artifact.tokensOut,
    priceUnits: priceOf(task.terms, artifact),
    maxTokensIn: task.request.maxTokensIn,
    maxTokensOut: task.request.maxTokensOut,
    requestHash: task.request.requestHash,
    artifactRoot,
    firstTokenMs: task.firstTokenMs ?? nowMs - task.admittedMs,
    totalMs: nowMs - task.admittedMs,
    similarityPpb: 0,
  };
}

function onTransition(task: MixerTask, order: TransitionOrder, nowMs: number): MixerStep {
  const { attempt, state, rank } = order.request.request;
  // What was asked for another step, attempt or miner came too late: the task went on.
  const isOver = attempt !== task.attempt || state !== task.state || rank !== task.rank;
  if (isOver) return { task, effects: [] };
  const late = lateOf(task, order);
  const claims = task.claims.map((claim) => (claim.attempt === attempt ? { ...claim, late } : claim));
  const isClaimed = claims.some((claim) => claim.attempt === attempt);
  const effects: MixerEffect[] = [...(isClaimed ? [] : [{ type: 'late', late } as const]), { type: 'cancel' }];
  // §5.2: after the last reassignment the task expires and nothing is charged.
  if (task.attempt >= task.maxReassignments || task.clientLeft) {
    const detail = `It was given to ${attempt + 1} miners.`;
    return ended(task, ...effects, failure(task, 'TASK_EXPIRED', detail));
  }
  // Where miners are few the draw is gone through again: who failed or was away may be back.
  const step = offerTo({ ...task, claims }, (task.orderIndex + 1) % task.order.length, attempt + 1, nowMs);
  return { task: step.task, effects: [...effects, ...step.effects] };
}

/** The record of a late step, for the chain (§7.8). */
function lateOf(task: MixerTask, order: TransitionOrder): LateTask {
  const { request, requestSignature, ticket, terms, rank, attempt, drawHeight } = task;
  const transition = {
    session: request.session,
    requestHash: request.requestHash,
    ticket,
    replica: 0,
    kind: terms.kind,
    step: task.state,
    attempt,
    rank,
    drawHeight,
    oracle: order.request.request.oracle,
    miner: task.draw[rank] ?? 0,
  };
  return { transition, evidence: { request, requestSignature, order } };
}
