import {
  type Agreement,
  type LedgerEvent,
  type Receipt,
  type ResultCode,
  type SessionRow,
  type TaskRow,
  taskIdOf,
} from '@assay/protocol';
import { PPB } from '../arithmetic/integers.ts';
import { invariant } from '../arithmetic/invariant.ts';
import { keyOf, type LedgerState, type LedgerView } from '../state/state.ts';
import type { IndexOf } from '../state/state-tables.ts';
import { rejectTask } from './tasks.ts';

/** §7.11 What the redundancy and the dedication of its session allow a receipt. */
export function replicaCode(
  { replica, similarityPpb, miner }: Receipt,
  { redundancy, dedicatedMiners }: Readonly<SessionRow>,
): ResultCode {
  if (replica >= redundancy) return 'RECEIPT_BAD_REPLICA';
  if (BigInt(similarityPpb) > (redundancy === 1 ? 0n : PPB)) return 'RECEIPT_BAD_SIMILARITY';
  return dedicatedMiners.length === 0 || dedicatedMiners.includes(miner) ? 'OK' : 'RECEIPT_WRONG_MINER';
}

/**
 * §7.11 Whether the miner of a receipt has another replica of its task, in the state or in this batch, of which
 * `miners` gives the miner of each task so far.
 */
export function servedOther(state: LedgerView, receipt: Receipt, miners: ReadonlyMap<string, number>): boolean {
  return otherIds(state, receipt).some((taskId) => {
    const task = state.taskOf(taskId);
    const miner = task === undefined ? miners.get(keyOf(taskId)) : state.tasks.at(task).miner;
    return miner === receipt.miner;
  });
}

/** The ids of the other replicas of a receipt's task; none without redundancy. */
function otherIds(state: LedgerView, receipt: Receipt): Uint8Array[] {
  const { redundancy } = state.sessions.at(receipt.session);
  if (redundancy === 1) return [];
  const others = Array.from({ length: redundancy }, (_, replica) => replica).filter((each) => each !== receipt.replica);
  return others.map((replica) => taskIdOf({ ...receipt, replica }));
}

/**
 * Proof of inference (§10.11, D4): marks the tasks just certified whose answers are less similar to the others than the
 * limit, and says of each whether most of the replicas agree without it.
 */
export function markOutliers(state: LedgerState, receipts: readonly Receipt[]): void {
  const { outlierPpb } = state.params.poi;
  if (outlierPpb === 0) return;
  const outliers = receipts.filter(
    ({ session, similarityPpb }) => similarityPpb < outlierPpb && state.sessions.at(session).redundancy > 1,
  );
  for (const receipt of outliers) mark(state, receipt, 'alone');
  for (const receipt of outliers) {
    const similar = otherIds(state, receipt).filter((taskId) => isSimilar(state, taskId)).length;
    if (2 * similar > state.sessions.at(receipt.session).redundancy) mark(state, receipt, 'outlier');
  }
}

function mark(state: LedgerState, { taskId }: Receipt, agreement: Agreement): void {
  const index = state.taskOf(taskId);
  invariant(index !== undefined, 'a certified task is not kept');
  state.tasks.update(index, { agreement });
}

function isSimilar(state: LedgerView, taskId: Uint8Array): boolean {
  const index = state.taskOf(taskId);
  return index !== undefined && state.tasks.at(index).agreement === 'similar';
}

/**
 * Ends an outlier of which nothing can be re-checked: against a majority it is a failure in its miner's record, without
 * one nobody's fault (§10.11). No case and no ejection follows from similarity alone: a majority may lie.
 */
export function rejectOutlier(state: LedgerState, index: IndexOf<'tasks'>): LedgerEvent {
  const { agreement, miner }: Readonly<TaskRow> = state.tasks.at(index);
  if (agreement === 'alone') return rejectTask(state, index, 'noMajority');
  const { rejected, epochFailed } = state.miners.standing(miner);
  state.miners.update(miner, { rejected: rejected + 1, epochFailed: epochFailed + 1, streak: 0 });
  return rejectTask(state, index, 'outlier');
}
