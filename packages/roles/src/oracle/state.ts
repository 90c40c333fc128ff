import type { Ref, SignedAnnouncement, TaskAnnouncement } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { isNewer, turnOf } from '../announcement-order.ts';

/** A task as its mixer announced it last. */
export interface Followed {
  readonly signed: SignedAnnouncement;
  /** Step of which attempt this oracle has already asked to end. */
  readonly askedTurn: number | null;
}

/**
 * What an oracle knows of the tasks in hand (D3), by mixer and task: what one mixer says says nothing of another's
 * tasks, and takes no room from them. The tasks of a mixer stand in the order in which they were announced last.
 */
export interface OracleState {
  readonly oracle: Ref<'oracles'>;
  readonly slotMs: number;
  readonly tasks: ReadonlyMap<Ref<'mixers'>, ReadonlyMap<string, Followed>>;
}

export type OracleEvent =
  | { readonly type: 'started' }
  /** By the mixer that the announcement names. */
  | { readonly type: 'announced'; readonly signed: SignedAnnouncement }
  /** `oracles` are those that take turns: who is absent has none (§7.12). */
  | { readonly type: 'tick'; readonly nowMs: number; readonly oracles: readonly number[] }
  /** The mixers did not agree; ask again in a later slot. */
  | { readonly type: 'refused'; readonly announcement: TaskAnnouncement };

/** A change of what is known of one task, or something to do. Changes are small: the state is not copied for them. */
export type OracleEffect =
  /** It was announced last of its mixer's tasks. */
  | { readonly type: 'follow'; readonly task: Followed }
  /** It stays where it is in the order. */
  | { readonly type: 'mark'; readonly task: Followed }
  | { readonly type: 'forget'; readonly mixer: Ref<'mixers'>; readonly id: string }
  /** A `tick` is due in so many milliseconds. */
  | { readonly type: 'wait'; readonly ms: number }
  | { readonly type: 'requestTransition'; readonly signed: SignedAnnouncement };

/** Ticks per lead slot, and the least time between two. */
const ticksPerSlot = 4;
const leastTickMs = 10;
/** Tasks of one mixer that an oracle follows at once; the oldest announcements are forgotten first. */
const maxFollowedTasks = 4096;
/** How long after its deadline a task is still followed, and its end remembered. */
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
    case 'started':
      return [nextTick(state)];
    case 'announced':
      return onAnnounced(state, event.signed);
    case 'refused':
      return onRefused(state, event.announcement);
    case 'tick':
      return [nextTick(state), ...onTick(state, event)];
  }
}

function nextTick({ slotMs }: OracleState): OracleEffect {
  return { type: 'wait', ms: Math.max(leastTickMs, Math.floor(slotMs / ticksPerSlot)) };
}

function onAnnounced({ tasks }: OracleState, signed: SignedAnnouncement): OracleEffect[] {
  const { mixer, taskId } = signed.announcement;
  const own = tasks.get(mixer);
  const known = own?.get(toHex(taskId));
  if (known !== undefined && !isNewer(signed.announcement, known.signed.announcement)) return [];
  const follow: OracleEffect = { type: 'follow', task: { signed, askedTurn: known?.askedTurn ?? null } };
  const isFull = own !== undefined && known === undefined && own.size >= maxFollowedTasks;
  return isFull ? [{ type: 'forget', mixer, id: leastNeeded(own) }, follow] : [follow];
}

/** The oldest of those that ended, or else the oldest. */
function leastNeeded(tasks: ReadonlyMap<string, Followed>): string {
  for (const [id, { signed }] of tasks) if (signed.announcement.state === 'end') return id;
  return tasks.keys().next().value ?? '';
}

function onRefused({ tasks }: OracleState, { mixer, taskId }: TaskAnnouncement): OracleEffect[] {
  const task = tasks.get(mixer)?.get(toHex(taskId));
  return task === undefined ? [] : [{ type: 'mark', task: { ...task, askedTurn: null } }];
}

function onTick(state: OracleState, { nowMs, oracles }: OracleEvent & { type: 'tick' }): OracleEffect[] {
  return [...state.tasks].flatMap(([mixer, tasks]) =>
    [...tasks].flatMap(([id, { signed, askedTurn }]): OracleEffect[] => {
      const { announcement } = signed;
      const turn = turnOf(announcement);
      const lateMs = nowMs - announcement.deadlineMs;
      if (lateMs > forgetAfterMs) return [{ type: 'forget', mixer, id }];
      if (lateMs <= 0 || askedTurn === turn || announcement.state === 'end') return [];
      // §5.3: the lead asks first; after a silent slot the next one does.
      if (leadOracle(announcement, { lateMs, slotMs: state.slotMs, oracles }) !== state.oracle) return [];
      return [
        { type: 'mark', task: { signed, askedTurn: turn } },
        { type: 'requestTransition', signed },
      ];
    }),
  );
}
