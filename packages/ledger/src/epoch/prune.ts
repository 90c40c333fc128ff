import type { CaseRow, TaskRow, TaskStatus } from '@assay/protocol';
import { isReopened } from '../audit/disputes.ts';
import type { ClosedBooks } from '../state/books.ts';
import { epochOf } from '../state/period.ts';
import type { LedgerState } from '../state/state.ts';
import type { IndexOf } from '../state/state-tables.ts';

/**
 * Forgets tasks of the closed books, settled by now, whose draw no receipt could name any more, and late steps as old
 * as these (§2.5, §7.7).
 */
export function prune(state: LedgerState, { params, tasks, globals }: ClosedBooks): void {
  const { receiptLifetimeBlocks } = params;
  const { height } = globals;
  const isOld = ({ drawHeight }: { readonly drawHeight: number }) => drawHeight + 2 * receiptLifetimeBlocks <= height;
  const isOver = (_: unknown, index: IndexOf<'tasks'>): boolean => {
    const task = tasks.get(index);
    return task !== undefined && isEnded(task) && isOld(task) && !isReopened(state, task.taskId);
  };
  state.retainTasks((task, index) => !isOver(task, index));
  state.disputes.retain(({ taskId }) => state.taskOf(taskId) !== undefined);
  state.transitions.retain((row) => !isOld(row));
}

const ended: readonly TaskStatus[] = ['approved', 'rejected', 'settled'];

const isEnded = ({ status }: Readonly<TaskRow>): boolean => ended.includes(status);

/** Forgets consensus keys whose last vote is too old to be evidence (§3.10). */
export function pruneRetiredKeys(state: LedgerState): void {
  const { globals, params } = state;
  const { evidenceEpochs } = params.cases;
  state.retiredKeys.retain(({ lastHeight }) => epochOf(lastHeight, params) + evidenceEpochs >= globals.epoch);
}

/** Forgets cases long decided. Until then they count in their day, and against evidence of the same offence (§2.5). */
export function pruneCases(state: LedgerState): void {
  const { params, globals } = state;
  const { keepEpochs } = params.cases;
  const isOpen = ({ status }: Readonly<CaseRow>) => status === 'review' || status === 'pending';
  const isOfToday = ({ openedMs }: Readonly<CaseRow>) => openedMs > globals.timeMs - params.rewards.dayMs;
  state.cases.retain((row) => isOpen(row) || isOfToday(row) || row.decidedEpoch + keepEpochs >= globals.epoch);
}
