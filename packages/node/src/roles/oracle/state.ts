import { type SignedAnnouncement, type TaskAnnouncement, taskStates } from '@assay/protocol';

/** What an oracle knows of the tasks in hand (D3). The maps are the state's own and change in place. */
export interface OracleState {
  readonly oracle: number;
  readonly slotMs: number;
  readonly tasks: Map<string, SignedAnnouncement>;
  /** Step of which attempt this oracle has already asked to end. */
  readonly asked: Map<string, number>;
}

export type OracleEvent =
  | { readonly type: 'announced'; readonly taskId: string; readonly signed: SignedAnnouncement }
  /** `oracles` are those that take turns: who is absent has none (§7.12). */
  | { readonly type: 'tick'; readonly nowMs: number; readonly oracles: readonly number[] }
  /** The mixers did not agree; ask again in a later slot. */
  | { readonly type: 'refused'; readonly taskId: string };

export interface OracleEffect {
  readonly type: 'requestTransition';
  readonly taskId: string;
  readonly signed: SignedAnnouncement;
}

/** Tasks an oracle follows at once; the oldest announcements are forgotten first. */
const maxFollowedTasks = 16_384;
/** How long after its deadline a task is still followed. */
const forgetAfterMs = 120_000;

/** Which oracle has the lead for a task that is `lateMs` late: the lead rotates by slot, from the task's own start. */
export function leadOracle(
  task: TaskAnnouncement,
  { lateMs, slotMs, oracles }: { lateMs: number; slotMs: number; oracles: readonly number[] },
): number | undefined {
  const slot = Math.floor(lateMs / slotMs);
  return oracles[((task.taskId[0] ?? 0) + slot) % oracles.length];
}

/** What follows from one event. */
export function stepOracle(state: OracleState, event: OracleEvent): readonly OracleEffect[] {
  switch (event.type) {
    case 'announced':
      onAnnounced(state, event.taskId, event.signed);
      return [];
    case 'refused':
      state.asked.delete(event.taskId);
      return [];
    case 'tick':
      return onTick(state, event);
  }
}

function onAnnounced({ tasks, asked }: OracleState, taskId: string, signed: SignedAnnouncement): void {
  tasks.delete(taskId);
  if (signed.announcement.state === taskStates.end) {
    asked.delete(taskId);
    return;
  }
  tasks.set(taskId, signed);
  const [oldest] = tasks.keys();
  if (tasks.size > maxFollowedTasks && oldest !== undefined) forget({ tasks, asked }, oldest);
}

function forget({ tasks, asked }: Pick<OracleState, 'tasks' | 'asked'>, taskId: string): void {
  tasks.delete(taskId);
  asked.delete(taskId);
}

/** The steps of a task's attempts, counted. */
function turnOf({ attempt, state }: TaskAnnouncement): number {
  return attempt * (taskStates.end + 1) + state;
}

function onTick(state: OracleState, { nowMs, oracles }: OracleEvent & { type: 'tick' }): OracleEffect[] {
  const effects: OracleEffect[] = [];
  for (const [taskId, signed] of state.tasks) {
    const { announcement } = signed;
    const lateMs = nowMs - announcement.deadlineMs;
    if (lateMs > forgetAfterMs) {
      forget(state, taskId);
      continue;
    }
    if (lateMs <= 0 || state.asked.get(taskId) === turnOf(announcement)) continue;
    // §5.3: the lead asks first; after a silent slot the next one does.
    if (leadOracle(announcement, { lateMs, slotMs: state.slotMs, oracles }) !== state.oracle) continue;
    state.asked.set(taskId, turnOf(announcement));
    effects.push({ type: 'requestTransition', taskId, signed });
  }
  return effects;
}
