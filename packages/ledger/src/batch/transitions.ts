import {
  type LedgerEvent,
  type Ref,
  type ResultCode,
  type Transition,
  type TransitionRow,
  taskIdOf,
} from '@assay/protocol';
import { markSeen } from '../draw/presence.ts';
import { keyOf, type LedgerState, type LedgerView } from '../state/state.ts';
import { isInTime } from './receipts.ts';

type LateEvent = Extract<LedgerEvent, { type: 'taskLate' }>;

/** The code of the first invalid transition, or OK (§7.8). */
export function transitionsCode(state: LedgerView, transitions: readonly Transition[], height: number): ResultCode {
  const seen = new Set<string>();
  for (const transition of transitions) {
    const code = transitionCode(state, transition, height);
    if (code !== 'OK') return code;
    const taskId = taskIdOf(transition);
    const key = `${keyOf(taskId)}/${transition.attempt}/${transition.miner}`;
    if (seen.has(key) || isTaken(state, { ...transition, taskId })) return 'TRANSITION_DUPLICATE';
    seen.add(key);
  }
  return 'OK';
}

/** Whether an attempt of a task was already taken from a miner. */
function isTaken(
  { transitions }: LedgerView,
  { taskId, attempt, miner }: Pick<TransitionRow, 'taskId' | 'attempt' | 'miner'>,
): boolean {
  return transitions.allOf(taskId).some((row) => row.attempt === attempt && row.miner === miner);
}

function transitionCode(state: LedgerView, transition: Transition, height: number): ResultCode {
  const { kind, step, attempt, oracle, miner, replica } = transition;
  const session = state.sessions.get(transition.session);
  const isKnown =
    session !== undefined &&
    session.status !== 'closed' &&
    state.miners.get(miner)?.models.includes(session.model) === true &&
    state.oracles.get(oracle) !== undefined;
  if (!isKnown) return 'TRANSITION_UNKNOWN_ROLE';
  if (!isInTime(state, transition, session, height)) return 'TRANSITION_OUT_OF_TIME';
  const isStep = step !== 'create' && step !== 'end';
  const isTask = kind !== 'training' && replica < session.redundancy;
  const isTurn = isStep && isTask && attempt <= state.params.maxReassignments;
  return isTurn ? 'OK' : 'TRANSITION_BAD_STEP';
}

/** Records late steps: a duty of the oracle that asked, a strike against the miner's availability (§7.8). */
export function applyTransitions(
  state: LedgerState,
  transitions: readonly Transition[],
  height: number,
): LedgerEvent[] {
  return transitions.map((transition) => {
    const { step, attempt, miner, oracle, drawHeight } = transition;
    const row = { taskId: taskIdOf(transition), step, attempt, miner, oracle, drawHeight, height };
    state.transitions.push(row);
    state.oracles.update(oracle, { epochDuties: state.oracles.at(oracle).epochDuties + 1 });
    markSeen(state, { kind: 'oracle', role: oracle }, state.globals.epoch); // §7.12
    strike(state, miner);
    return lateEvent(row);
  });
}

/** A strike against a miner's availability (verification §4.6). */
export function strike(state: LedgerState, miner: Ref<'miners'>): void {
  const { strikes, epochLate } = state.miners.standing(miner);
  state.miners.update(miner, { strikes: strikes + 1, epochLate: epochLate + 1 });
}

/** What the record of a late step says. */
export function lateEvent({ taskId, step, attempt, miner, oracle }: TransitionRow): LateEvent {
  return { type: 'taskLate', taskId, step, attempt, miner, oracle };
}
