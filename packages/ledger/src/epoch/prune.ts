import { type CaseRow, caseStatuses, type TaskRow, taskStatuses } from '@assay/protocol';
import { isDisputed, isReopened } from '../disputes.ts';
import type { LedgerState } from '../state.ts';
import type { ClosedBooks } from './books.ts';

/**
 * Forgets tasks of the closed books, settled by now, no second receipt could be taken for, and late steps as old as
 * these (§2.5).
 */
export function prune(state: LedgerState, { params, tasks }: ClosedBooks, height: number): void {
  const { receiptLifetimeBlocks } = params;
  const isOld = ({ drawHeight }: { readonly drawHeight: number }) => drawHeight + 2 * receiptLifetimeBlocks <= height;
  const isOver = (_: unknown, index: number): boolean => {
    const task = tasks.get(index);
    return task !== undefined && isEnded(task) && isOld(task) && !isReopened(state, task.taskId);
  };
  raiseTaskFloors(state, isOver);
  state.retainTasks((task, index) => !isOver(task, index));
  state.disputes.retain(({ taskId }) => state.taskOf(taskId) !== undefined);
  state.transitions.retain((row) => !isOld(row));
}

const ended: readonly number[] = [taskStatuses.approved, taskStatuses.rejected, taskStatuses.settled];

const isEnded = ({ status }: Readonly<TaskRow>): boolean => ended.includes(status);

/** §7.7 A receipt for a forgotten task must stay impossible, whatever draw it names. */
function raiseTaskFloors(state: LedgerState, isOver: (task: Readonly<TaskRow>, index: number) => boolean): void {
  const floors = new Map<number, number>();
  for (let index = 0; index < state.tasks.length; index++) {
    const task = state.tasks.at(index);
    if (!isDisputed(task) && isOver(task, index))
      floors.set(task.session, Math.max(floors.get(task.session) ?? 0, task.taskSequence + 1));
  }
  for (const [session, floor] of floors) {
    if (floor > state.sessions.at(session).taskFloor) state.sessions.update(session, { taskFloor: floor });
  }
}

/** Forgets cases long decided. Until then they count in their day, and against evidence of the same offence (§2.5). */
export function pruneCases(state: LedgerState): void {
  const { params, globals } = state;
  const { keepEpochs } = params.cases;
  const isOpen = ({ status }: Readonly<CaseRow>) => status === caseStatuses.review || status === caseStatuses.pending;
  const isOfToday = ({ openedMs }: Readonly<CaseRow>) => openedMs > globals.timeMs - params.rewards.dayMs;
  state.cases.retain((row) => isOpen(row) || isOfToday(row) || row.decidedEpoch + keepEpochs >= globals.epoch);
}
