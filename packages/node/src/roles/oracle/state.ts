import { type SignedAnnouncement, type TaskAnnouncement, taskStates } from '@assay/protocol';

/** What an oracle knows of the tasks in hand (D3). */
export interface OracleState {
  readonly oracle: number;
  readonly oracles: number;
  readonly slotMs: number;
  readonly tasks: ReadonlyMap<string, SignedAnnouncement>;
  /** Attempts this oracle has already asked to end. */
  readonly asked: ReadonlyMap<string, number>;
}

export type OracleEvent =
  | { readonly type: 'announced'; readonly taskId: string; readonly signed: SignedAnnouncement }
  | { readonly type: 'tick'; readonly nowMs: number }
  /** The mixers did not agree; ask again in a later slot. */
  | { readonly type: 'refused'; readonly taskId: string };

export interface OracleEffect {
  readonly type: 'requestTransition';
  readonly taskId: string;
  readonly signed: SignedAnnouncement;
}

export interface OracleStep {
  readonly state: OracleState;
  readonly effects: readonly OracleEffect[];
}

/** Tasks an oracle follows at once; the oldest announcements are forgotten first. */
const maxFollowedTasks = 16_384;
/** How long after its deadline a task is still followed. */
const forgetAfterMs = 120_000;

/** Which oracle has the lead for a task that is `lateMs` late: the lead rotates by slot, from the task's own start. */
export function leadOracle(
  task: TaskAnnouncement,
  options: { lateMs: number; slotMs: number; oracles: number },
): number {
  const slot = Math.floor(options.lateMs / options.slotMs);
  return ((task.taskId[0] ?? 0) + slot) % options.oracles;
}

export function stepOracle(state: OracleState, event: OracleEvent): OracleStep {
  switch (event.type) {
    case 'announced':
      return { state: onAnnounced(state, event.taskId, event.signed), effects: [] };
    case 'refused': {
      const asked = new Map(state.asked);
      asked.delete(event.taskId);
      return { state: { ...state, asked }, effects: [] };
    }
    case 'tick':
      return onTick(state, event.nowMs);
  }
}

function onAnnounced(state: OracleState, taskId: string, signed: SignedAnnouncement): OracleState {
  const tasks = new Map(state.tasks);
  tasks.delete(taskId);
  const asked = new Map(state.asked);
  if (signed.announcement.state === taskStates.end) {
    asked.delete(taskId);
    return { ...state, tasks, asked };
  }
  tasks.set(taskId, signed);
  const [oldest] = tasks.keys();
  if (tasks.size > maxFollowedTasks && oldest !== undefined) tasks.delete(oldest);
  return { ...state, tasks, asked };
}

function onTick(state: OracleState, nowMs: number): OracleStep {
  const effects: OracleEffect[] = [];
  const asked = new Map(state.asked);
  const tasks = new Map(state.tasks);
  for (const [taskId, signed] of state.tasks) {
    const { announcement } = signed;
    const lateMs = nowMs - announcement.deadlineMs;
    if (lateMs > forgetAfterMs) {
      tasks.delete(taskId);
      asked.delete(taskId);
      continue;
    }
    if (lateMs <= 0 || asked.get(taskId) === announcement.attempt) continue;
    // §5.3: the lead asks first; after a silent slot the next one does.
    if (leadOracle(announcement, { lateMs, slotMs: state.slotMs, oracles: state.oracles }) !== state.oracle) continue;
    asked.set(taskId, announcement.attempt);
    effects.push({ type: 'requestTransition', taskId, signed });
  }
  return { state: { ...state, tasks, asked }, effects };
}
