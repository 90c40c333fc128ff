import { type TaskAnnouncement, TaskState } from '@assay/protocol';

/** The steps of a task's attempts, counted. */
export function turnOf({ attempt, state }: Pick<TaskAnnouncement, 'attempt' | 'state'>): number {
  return attempt * TaskState.words.length + TaskState.numberOf(state);
}

/** Whether a mixer said the one of a task after the other (§5.1.2): what is sent again later is no news. */
export function isNewer(one: TaskAnnouncement, other: TaskAnnouncement): boolean {
  const steps = turnOf(one) - turnOf(other);
  return steps > 0 || (steps === 0 && one.timeMs > other.timeMs);
}
