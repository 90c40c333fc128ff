import { type SignedAnnouncement, type TaskAnnouncement, TaskState, toHex } from '@assay/protocol';

/** A task as its mixer announced it last. */
interface Followed {
  readonly signed: SignedAnnouncement;
  /** Step of which attempt this oracle has already asked to end. */
  readonly askedTurn: number | null;
}

/**
 * What an oracle knows of the tasks in hand (D3), by mixer and task: what one mixer says says nothing of another's
 * tasks, and takes no room from them. The maps are the state's own and change in place.
 */
export interface OracleState {
  readonly oracle: number;
  readonly slotMs: number;
  readonly tasks: Map<number, Map<string, Followed>>;
}

export type OracleEvent =
  /** By the mixer that the announcement names. */
  | { readonly type: 'announced'; readonly signed: SignedAnnouncement }
  /** `oracles` are those that take turns: who is absent has none (§7.12). */
  | { readonly type: 'tick'; readonly nowMs: number; readonly oracles: readonly number[] }
  /** The mixers did not agree; ask again in a later slot. */
  | { readonly type: 'refused'; readonly announcement: TaskAnnouncement };

export interface OracleEffect {
  readonly type: 'requestTransition';
  readonly signed: SignedAnnouncement;
}

/** Tasks of one mixer that an oracle follows at once; the oldest announcements are forgotten first. */
const maxFollowedTasks = 4096;
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
      onAnnounced(state, event.signed);
      return [];
    case 'refused':
      onRefused(state, event.announcement);
      return [];
    case 'tick':
      return onTick(state, event);
  }
}

function onAnnounced(state: OracleState, signed: SignedAnnouncement): void {
  const { mixer, taskId, state: step } = signed.announcement;
  const id = toHex(taskId);
  const tasks = state.tasks.get(mixer) ?? new Map<string, Followed>();
  const known = tasks.get(id);
  tasks.delete(id);
  if (step !== 'end') tasks.set(id, { signed, askedTurn: known?.askedTurn ?? null });
  const [oldest] = tasks.keys();
  if (tasks.size > maxFollowedTasks && oldest !== undefined) tasks.delete(oldest);
  if (tasks.size > 0) state.tasks.set(mixer, tasks);
  else state.tasks.delete(mixer);
}

function onRefused({ tasks }: OracleState, { mixer, taskId }: TaskAnnouncement): void {
  const id = toHex(taskId);
  const task = tasks.get(mixer)?.get(id);
  if (task !== undefined) tasks.get(mixer)?.set(id, { ...task, askedTurn: null });
}

/** The steps of a task's attempts, counted. */
function turnOf({ attempt, state }: TaskAnnouncement): number {
  return attempt * TaskState.words.length + TaskState.numberOf(state);
}

function onTick(state: OracleState, { nowMs, oracles }: OracleEvent & { type: 'tick' }): OracleEffect[] {
  return [...state.tasks.values()].flatMap((tasks) =>
    [...tasks].flatMap(([id, { signed, askedTurn }]) => {
      const { announcement } = signed;
      const turn = turnOf(announcement);
      const lateMs = nowMs - announcement.deadlineMs;
      if (lateMs > forgetAfterMs) tasks.delete(id);
      if (lateMs <= 0 || lateMs > forgetAfterMs || askedTurn === turn) return [];
      // §5.3: the lead asks first; after a silent slot the next one does.
      if (leadOracle(announcement, { lateMs, slotMs: state.slotMs, oracles }) !== state.oracle) return [];
      tasks.set(id, { signed, askedTurn: turn });
      return [{ type: 'requestTransition' as const, signed }];
    }),
  );
}
