import { type TaskRow, taskStatuses } from '@assay/protocol';
import type { LedgerState } from '../state.ts';

/** Forgets settled tasks no second receipt could be taken for (§2.5). */
export function prune(state: LedgerState, height: number): void {
  const { receiptLifetimeBlocks } = state.params;
  const isOver = ({ status, drawHeight }: Readonly<TaskRow>) =>
    (status === taskStatuses.settled || status === taskStatuses.rejected) &&
    drawHeight + 2 * receiptLifetimeBlocks <= height;
  raiseTaskFloors(state, isOver);
  state.retainTasks((task) => !isOver(task));
  state.retainDelegations();
  state.retainHoldings();
}

/** §7.7 A receipt for a forgotten task must stay impossible, whatever draw it names. */
function raiseTaskFloors(state: LedgerState, isOver: (task: Readonly<TaskRow>) => boolean): void {
  const floors = new Map<number, number>();
  for (const task of state.tasks) {
    if (isOver(task)) floors.set(task.session, Math.max(floors.get(task.session) ?? 0, task.taskSequence + 1));
  }
  for (const [session, floor] of floors) {
    if (floor > state.sessions.at(session).taskFloor) state.sessions.update(session, { taskFloor: floor });
  }
}
