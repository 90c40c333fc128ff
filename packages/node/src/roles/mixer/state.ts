import { priceOf } from '@assay/ledger';
import {
  type Artifact,
  type Deadlines,
  type EdgeCode,
  equalBytes,
  finishReasons,
  outcomes,
  outputIds,
  precommitHash,
  type Receipt,
  Sampling,
  type TaskEvidence,
  type TaskRequest,
  type TaskStateName,
  type TransitionOrder,
  taskStates,
} from '@assay/protocol';
import type { LateTask } from './node-transactions.ts';

/** What the mixer knows of a model when it admits a task; all from the ledger. */
export interface TaskTerms {
  readonly kind: number;
  readonly model: number;
  readonly fileHash: Uint8Array;
  readonly priceInUnits: bigint;
  readonly priceOutUnits: bigint;
}

/** One task at its mixer, from admission to its end (§5). */
export interface MixerTask {
  readonly taskId: Uint8Array;
  readonly taskSequence: number;
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
  readonly state: TaskStateName;
  /** Place in `order` of the miner asked now, and its rank in the draw. */
  readonly place: number;
  readonly rank: number;
  readonly attempt: number;
  readonly admittedMs: number;
  readonly deadlineMs: number;
  readonly firstTokenMs: number | null;
  /** Output of the present attempt, and what the client already has of an earlier one. */
  readonly ids: readonly number[];
  readonly text: string;
  readonly sentIds: readonly number[];
  readonly sentText: string;
  readonly clientLeft: boolean;
  readonly precommit: { readonly hash: Uint8Array; readonly signature: Uint8Array } | null;
}

const unbegun = {
  state: 'create',
  place: 0,
  rank: 0,
  attempt: 0,
  firstTokenMs: null,
  ids: [],
  text: '',
  sentIds: [],
  sentText: '',
  clientLeft: false,
  precommit: null,
} as const satisfies Partial<MixerTask>;

/** A task as it begins, due at once (§5.1). */
export function newTask(
  asked: Omit<MixerTask, keyof typeof unbegun | 'admittedMs' | 'deadlineMs'>,
  nowMs: number,
): MixerTask {
  return { ...asked, ...unbegun, admittedMs: nowMs, deadlineMs: nowMs };
}

/** A streamed piece whose signature and hash chain the shell has already checked. */
export interface Piece {
  readonly ids: readonly number[];
  readonly text: string;
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
      readonly nowMs: number;
    }
  | { readonly type: 'lost'; readonly nowMs: number }
  /** No miner could do it: the request itself is at fault. */
  | { readonly type: 'refused'; readonly code: EdgeCode; readonly detail: string }
  | { readonly type: 'transition'; readonly order: TransitionOrder; readonly nowMs: number }
  | { readonly type: 'clientLeft'; readonly nowMs: number };

export type MixerEffect =
  | { readonly type: 'prepare'; readonly miner: number }
  | { readonly type: 'start' }
  | { readonly type: 'openReveal' }
  | { readonly type: 'cancel' }
  | { readonly type: 'announce' }
  | { readonly type: 'forward'; readonly firstToken: number; readonly text: string }
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

function offerTo(task: MixerTask, place: number, attempt: number, nowMs: number): MixerStep {
  const rank = task.order[place];
  const miner = rank === undefined ? undefined : task.draw[rank];
  if (rank === undefined || miner === undefined) {
    const detail = `All ${task.draw.length} eligible miners were asked.`;
    return ended(task, { type: 'fail', code: attempt > 0 ? 'TASK_EXPIRED' : 'NO_MINER', detail });
  }
  const next: MixerTask = {
    ...task,
    place,
    rank,
    attempt,
    state: 'prepare',
    deadlineMs: nowMs + task.deadlines.prepareMs,
    ids: [],
    text: '',
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
    case 'lost': {
      // The deadline is drawn near, not skipped: taking the task away stays with the oracles (§5.3).
      const deadlineMs = Math.min(task.deadlineMs, event.nowMs + task.deadlines.lostMs);
      return { task: { ...task, deadlineMs }, effects: [{ type: 'announce' }] };
    }
    case 'refused':
      return ended(task, { type: 'fail', code: event.code, detail: event.detail });
    case 'transition':
      return onTransition(task, event.order, event.nowMs);
    case 'clientLeft':
      return { task: { ...task, clientLeft: true }, effects: [{ type: 'cancel' }] };
  }
}

function onPrepared(task: MixerTask, accepted: boolean, nowMs: number): MixerStep {
  if (task.state !== 'prepare') return { task, effects: [] };
  // §5.4: declining costs a miner its turn and nothing else.
  if (!accepted) return offerTo(task, task.place + 1, task.attempt, nowMs);
  const next: MixerTask = { ...task, state: 'start', deadlineMs: nowMs + task.deadlines.firstTokenMs };
  return { task: next, effects: [{ type: 'start' }, { type: 'announce' }] };
}

function onPiece(task: MixerTask, piece: Piece, nowMs: number): MixerStep {
  if (task.state !== 'start' && task.state !== 'precommit') return { task, effects: [] };
  const ids = [...task.ids, ...piece.ids];
  const text = task.text + piece.text;
  const { generationMs, generationPerTokenMs } = task.deadlines;
  const first = task.state === 'start';
  const next: MixerTask = {
    ...task,
    ids,
    text,
    state: 'precommit',
    firstTokenMs: task.firstTokenMs ?? nowMs - task.admittedMs,
    deadlineMs: first ? nowMs + generationMs + generationPerTokenMs * task.request.maxTokensOut : task.deadlineMs,
  };
  const announce: MixerEffect[] = first ? [{ type: 'announce' }] : [];
  if (diverges(ids, task.sentIds) || diverges(text, task.sentText)) {
    const detail = 'Ask again.';
    return ended(next, { type: 'cancel' }, { type: 'fail', code: 'ANSWER_INTERRUPTED', detail });
  }
  const newText = text.slice(task.sentText.length);
  if (ids.length <= task.sentIds.length && newText === '') return { task: next, effects: announce };
  const forward: MixerEffect = {
    type: 'forward',
    firstToken: piece.ids.length - Math.max(0, ids.length - task.sentIds.length),
    text: newText,
  };
  const sentIds = ids.length > task.sentIds.length ? ids : task.sentIds;
  return { task: { ...next, sentIds, sentText: task.sentText + newText }, effects: [...announce, forward] };
}

/** Whether what is there now contradicts what the client already has. */
function diverges<T>(now: ArrayLike<T>, sent: ArrayLike<T>): boolean {
  const common = Math.min(now.length, sent.length);
  for (let i = 0; i < common; i++) if (now[i] !== sent[i]) return true;
  return false;
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
  const { artifact, artifactRoot, salt, nowMs } = event;
  if (task.state !== 'commit' || task.precommit === null) return { task, effects: [] };
  const { requestHash } = task.request;
  const hash = precommitHash({ artifactRoot, salt, requestHash, model: task.terms.model });
  // D2: a reveal that does not match its precommit, or the stream, is no result.
  const matches = equalBytes(hash, task.precommit.hash) && artifactFits(task, artifact);
  if (!matches) return stepTask(task, { type: 'lost', nowMs });
  const evidence: TaskEvidence = {
    request: task.request,
    requestSignature: task.requestSignature,
    precommitSignature: task.precommit.signature,
    salt,
  };
  const receipt = receiptOf(task, artifact, artifactRoot, nowMs);
  return ended(task, { type: 'finish', receipt, evidence, artifact });
}

function artifactFits(task: MixerTask, artifact: Artifact): boolean {
  const ids = outputIds(artifact);
  const { request, sampling } = task;
  return (
    equalBytes(artifact.taskId, task.taskId) &&
    artifact.miner === task.draw[task.rank] &&
    equalBytes(artifact.fileHash, task.terms.fileHash) &&
    ids.length === task.ids.length &&
    !diverges(ids, task.ids) &&
    new TextDecoder().decode(artifact.text) === task.text &&
    artifact.tokensIn <= request.maxTokensIn &&
    artifact.tokensOut <= request.maxTokensOut &&
    (artifact.promptIds.length === 0 || artifact.promptIds.length === artifact.tokensIn) &&
    (ids.length === 0 || ids.length === artifact.tokensOut) &&
    (artifact.finish !== finishReasons.cancelled || task.clientLeft) &&
    Sampling.equals(artifact.sampling, sampling)
  );
}

function receiptOf(task: MixerTask, artifact: Artifact, artifactRoot: Uint8Array, nowMs: number): Receipt {
  return {
    taskId: task.taskId,
    kind: task.terms.kind,
    outcome: artifact.finish === finishReasons.cancelled ? outcomes.partial : outcomes.complete,
    session: task.request.session,
    model: task.terms.model,
    miner: task.draw[task.rank] ?? 0,
    gateway: task.request.gateway,
    drawHeight: task.drawHeight,
    taskSequence: task.taskSequence,
    replica: 0,
    rank: task.rank,
    attempt: task.attempt,
    tokensIn: artifact.tokensIn,
    tokensOut: artifact.tokensOut,
    priceUnits: priceOf(task.terms, artifact),
    requestHash: task.request.requestHash,
    artifactRoot,
    firstTokenMs: task.firstTokenMs ?? nowMs - task.admittedMs,
    totalMs: nowMs - task.admittedMs,
    similarityPpb: 0,
  };
}

function onTransition(task: MixerTask, order: TransitionOrder, nowMs: number): MixerStep {
  const { attempt, state } = order.request.request;
  // What was asked for another step or attempt came too late: the task went on.
  if (attempt !== task.attempt || state !== taskStates[task.state]) return { task, effects: [] };
  const effects: MixerEffect[] = [{ type: 'late', late: lateOf(task, order) }, { type: 'cancel' }];
  // §5.2: after the last reassignment the task expires and nothing is charged.
  if (task.attempt >= task.maxReassignments || task.clientLeft) {
    return ended(task, ...effects, {
      type: 'fail',
      code: 'TASK_EXPIRED',
      detail: `It was given to ${attempt + 1} miners.`,
    });
  }
  // Where miners are few the draw is gone through again: who failed or was away may be back.
  const step = offerTo(task, (task.place + 1) % task.order.length, attempt + 1, nowMs);
  return { task: step.task, effects: [...effects, ...step.effects] };
}

/** The record of a late step, for the chain (§7.8). */
function lateOf(task: MixerTask, order: TransitionOrder): LateTask {
  const { request, requestSignature, taskSequence, terms, rank, attempt, drawHeight } = task;
  const transition = {
    ...{ session: request.session, taskSequence, requestHash: request.requestHash, replica: 0, kind: terms.kind },
    ...{ step: taskStates[task.state], attempt, rank, drawHeight, oracle: order.request.request.oracle },
    miner: task.draw[rank] ?? 0,
  };
  return { transition, evidence: { request, requestSignature, order } };
}
