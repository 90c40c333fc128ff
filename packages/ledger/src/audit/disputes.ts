import {
  type ChallengeReport,
  type DisputedChallenge,
  type LedgerEvent,
  noGateway,
  noSession,
  type Ref,
  type ResultCode,
  type Verdict,
} from '@assay/protocol';
import { isDisputed, rejectTask } from '../batch/tasks.ts';
import { openFailureCase } from '../cases/cases.ts';
import { standingAfter } from '../standing/standing.ts';
import { keyOf, type LedgerState, type LedgerView } from '../state/state.ts';
import type { IndexOf } from '../state/state-tables.ts';
import { openAudit } from './open-audit.ts';

/** The block that certifies a batch, and its mixer. */
export interface Issued {
  readonly height: number;
  readonly mixer: Ref<'mixers'>;
}

/** The code of the first disputed challenge no task can be made of, or OK (§8.6). */
export function disputesCode(
  state: LedgerView,
  reports: readonly ChallengeReport[],
  certified: readonly Uint8Array[],
): ResultCode {
  const seen = new Set(certified.map(keyOf));
  for (const { miner, disputed } of reports) {
    const { models } = state.miners.at(miner);
    for (const { taskId, model, tokensIn, tokensOut } of disputed) {
      const tokens = tokensIn + tokensOut;
      const isServed = models.includes(model) && tokens <= state.models.at(model).contextTokens;
      const isKnown = seen.has(keyOf(taskId)) || state.taskOf(taskId) !== undefined;
      if (!isServed || isKnown) return 'REPORT_BAD_DISPUTE';
      seen.add(keyOf(taskId));
    }
  }
  return 'OK';
}

/** §8.6 Makes a task of each: it waits for its auditors as any other does. */
export function addDisputes(
  state: LedgerState,
  disputed: readonly DisputedChallenge[],
  { height, mixer, miner }: Issued & { readonly miner: Ref<'miners'> },
): LedgerEvent[] {
  return disputed.map(({ taskId, knownTaskId, requestHash, model, tokensIn, tokensOut, artifactRoot }) => {
    state.tasks.push({
      taskId,
      kind: 'challenge',
      status: 'certified',
      session: noSession,
      model,
      miner,
      gateway: noGateway,
      mixer,
      height,
      drawHeight: height,
      replica: 0,
      tokensIn,
      tokensOut,
      pendingUnits: 0n,
      priceUnits: 0n,
      artifactRoot,
      firstTokenMs: 0,
      totalMs: 0,
      isRated: false,
      isDrawn: true,
      reveals: state.globals.reveals + 1,
      agreement: 'similar',
    });
    state.disputes.push({ taskId, knownTaskId, requestHash });
    return { type: 'challengeDisputed', taskId, miner, mixer, knownTaskId };
  });
}

/**
 * What the verdict on a disputed challenge brings (§8.7, §8.8): a failure is one in the miner's record, a pass has the
 * known answer audited again, where there is one (§8.6.1). A pass does not raise the record: the miner's own
 * mixer could dispute what it likes.
 */
export function judgeDispute(
  state: LedgerState,
  taskIndex: IndexOf<'tasks'>,
  verdict: Verdict,
  height: number,
): LedgerEvent[] {
  const { taskId, miner: index, mixer } = state.tasks.at(taskIndex);
  const event: LedgerEvent = { type: 'challengeJudged', taskId, miner: index, mixer, verdict };
  // Settled at once: nothing is pending.
  state.tasks.update(taskIndex, { status: verdict === 'pass' ? 'settled' : 'rejected' });
  if (verdict === 'noResult' || verdict === 'hung') return [event];
  if (verdict === 'pass') return [event, ...reopen(state, taskId, height)];
  recordFailure(state, index, verdict);
  return [event];
}

function recordFailure(state: LedgerState, index: Ref<'miners'>, verdict: 'soft' | 'hard'): void {
  const { audited, rejected, epochFailed, ...miner } = state.miners.standing(index);
  const failed = { audited: audited + 1, rejected: rejected + 1, epochFailed: epochFailed + 1 };
  state.miners.update(index, { ...failed, ...standingAfter(miner, verdict) });
}

/** §8.8 Opens a second audit of the task whose answer a challenge contradicts; once, and while it is kept. */
function reopen(state: LedgerState, taskId: Uint8Array, height: number): LedgerEvent[] {
  const known = state.disputes.of(taskId)?.knownTaskId;
  const index = known === undefined ? undefined : state.taskOf(known);
  if (known === undefined || index === undefined) return [];
  const task = state.tasks.at(index);
  const before = state.auditOf(known);
  const isTold = task.status === 'approved' || task.status === 'settled';
  const audit = before === undefined ? null : state.audits.at(before);
  // A second look at a planted answer (§10.26) is none at what a challenge says.
  const wasReopened = audit?.isSecond === true && audit.judged === 0;
  if (isDisputed(task) || !isTold || wasReopened) return [];
  openAudit(state, task, { height, isSecond: true, isPlanted: audit?.isPlanted === true });
  return [{ type: 'auditReopened', taskId: known, challengeTaskId: taskId }];
}

/**
 * §8.8 What a second verdict brings: a failure counts as any, and the price goes back while it is still pending.
 * Neither a pass nor a missing result changes anything.
 */
export function judgeAgain(
  state: LedgerState,
  { index, taskIndex }: { readonly index: IndexOf<'audits'>; readonly taskIndex: IndexOf<'tasks'> },
  verdict: Verdict,
): LedgerEvent[] {
  const task = state.tasks.at(taskIndex);
  const event: LedgerEvent = { type: 'taskReaudited', taskId: task.taskId, verdict };
  if (verdict !== 'soft' && verdict !== 'hard') return [event];
  recordFailure(state, task.miner, verdict);
  const { epochFailed } = state.models.at(task.model);
  state.models.update(task.model, { epochFailed: epochFailed + 1 });
  // While a settlement goes on, what was approved before it is being paid.
  const isPending = task.status === 'approved' && state.globals.settledEpochs === state.globals.epoch;
  const refund = isPending ? [rejectTask(state, taskIndex, verdict)] : [];
  return [event, ...refund, ...openFailureCase(state, state.audits.at(index), task)];
}

/** Whether a task has a second audit under way, which must not lose it. */
export function isReopened(state: LedgerView, taskId: Uint8Array): boolean {
  const index = state.auditOf(taskId);
  return index !== undefined && state.audits.at(index).verdict === 'open';
}
