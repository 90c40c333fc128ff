import { type CaseRow, limits, type TaskRow, type TaskStatus } from '@assay/protocol';
import { isReopened } from '../audit/disputes.ts';
import { epochOf } from '../state/period.ts';
import type { LedgerState } from '../state/state.ts';
import type { Table } from '../state/table.ts';

interface Drawn {
  readonly drawHeight: number;
}

/**
 * Forgets what nothing can need any more once an epoch is settled, and goes on with it in the next blocks (§2.5). It
 * follows from the state alone.
 */
export function prune(state: LedgerState): void {
  const { globals, params } = state;
  const { settledEpochs, prunedEpochs } = globals;
  if (prunedEpochs === settledEpochs) return;
  const lastHeight = settledEpochs * params.epochBlocks - 1;
  const isOld = ({ drawHeight }: Drawn) => drawHeight + 2 * params.receiptLifetimeBlocks <= lastHeight;
  let room: number = limits.maxPrunedRows;
  room -= pruneTasks(state, isOld, room);
  room -= dropSome(state.transitions, isOld, room);
  room -= dropSome(state.cases, (row) => isForgotten(state, row), room);
  room -= dropSome(state.votes, ({ proposal }) => state.proposals.at(proposal).status !== 'voting', room);
  // With room left over nothing more was found.
  if (room > 0) state.setGlobals({ prunedEpochs: settledEpochs });
}

/** Tasks whose draw no receipt could name any more (§7.7), with their audits and disputes; gives how many rows. */
function pruneTasks(state: LedgerState, isOld: (task: Drawn) => boolean, room: number): number {
  const over = { tasks: [] as number[], audits: [] as number[], disputes: [] as number[] };
  let rows = 0;
  for (let index = 0; index < state.tasks.length; index++) {
    const task = state.tasks.at(index);
    if (!isEnded(task) || !isOld(task) || isReopened(state, task.taskId)) continue;
    const [audits, disputes] = [state.audits.findAll(task.taskId), state.disputes.findAll(task.taskId)];
    const more = 1 + audits.length + disputes.length;
    if (rows + more > room) {
      rows = room;
      break;
    }
    rows += more;
    over.tasks.push(index);
    over.audits.push(...audits);
    over.disputes.push(...disputes);
  }
  const rising = (indexes: number[]) => indexes.sort((a, b) => a - b);
  state.dropTasks(over.tasks, rising(over.audits));
  state.disputes.drop(rising(over.disputes));
  return rows;
}

/** Drops the first rows that are over, as many as there is room for; gives how many. */
function dropSome<Row>(
  table: Pick<Table<Row>, 'length' | 'at' | 'drop'>,
  isOver: (row: Readonly<Row>) => boolean,
  room: number,
): number {
  const over: number[] = [];
  for (let index = 0; index < table.length && over.length < room; index++) {
    if (isOver(table.at(index))) over.push(index);
  }
  table.drop(over);
  return over.length;
}

const ended: readonly TaskStatus[] = ['rejected', 'settled'];

const isEnded = ({ status }: Readonly<TaskRow>): boolean => ended.includes(status);

/** Of cases long decided: until then they count in their day, and against evidence of the same offence (§2.5). */
function isForgotten({ params, globals }: LedgerState, row: Readonly<CaseRow>): boolean {
  const isOpen = row.status === 'review' || row.status === 'pending';
  const isOfToday = row.openedMs > globals.timeMs - params.rewards.dayMs;
  return !isOpen && !isOfToday && row.decidedEpoch + params.cases.keepEpochs < globals.epoch;
}

/** Forgets consensus keys whose last vote is too old to be evidence (§3.10). */
export function pruneRetiredKeys(state: LedgerState): void {
  const { globals, params } = state;
  const { evidenceEpochs } = params.cases;
  state.retiredKeys.retain(({ lastHeight }) => epochOf(lastHeight, params) + evidenceEpochs >= globals.epoch);
}
