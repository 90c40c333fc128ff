import {
  type LedgerEvent,
  type MinerRow,
  noSession,
  noValidator,
  type Ref,
  type Rejection,
  type SessionRow,
  type TaskRow,
} from '@assay/protocol';
import { saturate } from '../arithmetic/integers.ts';
import type { LedgerState } from '../state/state.ts';
import type { IndexOf } from '../state/state-tables.ts';
import { isAssigned, latencyMicroOf, speedOf, usageOf, workUnitsOf } from './work.ts';

/** What the tasks of a block add to rows that many of them share; each of these is written once. */
export class Tally {
  readonly #modelVwu = new Map<Ref<'models'>, bigint>();
  readonly #gatewayDuties = new Map<Ref<'gateways'>, number>();
  readonly #validatorVwu = new Map<Ref<'validators'>, bigint>();

  /** Counts a task of `vwu` for the validator its miner counts for; `noValidator` for none. */
  addWork(validator: Ref<'validators'>, vwu: bigint): void {
    this.#validatorVwu.set(validator, (this.#validatorVwu.get(validator) ?? 0n) + vwu);
  }

  /** Counts a task that somebody paid for. */
  addUse({ model, gateway }: Readonly<TaskRow>, vwu: bigint): void {
    this.#modelVwu.set(model, (this.#modelVwu.get(model) ?? 0n) + vwu);
    this.#gatewayDuties.set(gateway, (this.#gatewayDuties.get(gateway) ?? 0) + 1);
  }

  write(state: LedgerState): void {
    for (const [validator, vwu] of this.#validatorVwu) if (validator !== noValidator) addWork(state, validator, vwu);
    for (const [model, vwu] of this.#modelVwu) {
      state.models.update(model, { epochVwu: saturate(state.models.at(model).epochVwu + vwu) });
    }
    for (const [gateway, duties] of this.#gatewayDuties) {
      state.gateways.update(gateway, { epochDuties: state.gateways.at(gateway).epochDuties + duties });
    }
  }
}

/** Whether a task is a challenge that auditors decide on (§8.6): it has no session, no price, and no gateway. */
export function isDisputed({ session }: Pick<TaskRow, 'session'>): boolean {
  return session === noSession;
}

/** Approves a task: its work counts, and its pending price is paid when the epoch closes (B5). */
export function approveTask(state: LedgerState, index: IndexOf<'tasks'>, audited: boolean, tally: Tally): LedgerEvent {
  const task = state.tasks.at(index);
  state.tasks.update(index, { status: 'approved' });
  if (isCounted(task, state.sessions.at(task.session))) countWork(state, task, tally);
  return { type: 'taskApproved', taskId: task.taskId, audited };
}

/** economics §7.3 Whether a task counts: drawn by the network, no outlier, and paid for or the network's own. */
function isCounted(task: Readonly<TaskRow>, session: Readonly<SessionRow>): boolean {
  const isPaidFor = task.priceUnits > 0n || session.isBackground;
  return isAssigned(task, session) && task.agreement === 'similar' && isPaidFor;
}

function countWork(state: LedgerState, task: Readonly<TaskRow>, tally: Tally): void {
  const miner = state.miners.standing(task.miner);
  const vwu = workUnitsOf(state.params, state.models.at(task.model), task);
  state.miners.update(task.miner, { epochVwu: saturate(miner.epochVwu + vwu), ...measured(miner, task) });
  tally.addWork(miner.validator, vwu);
  if (task.priceUnits > 0n) tally.addUse(task, vwu); // §4.12 Else nobody used a model or a gateway.
}

/** Counts work for a validator's power (economics §8.3). */
export function addWork(state: LedgerState, validator: Ref<'validators'>, vwu: bigint): void {
  const { epochWork } = state.powers.at(validator);
  state.powers.update(validator, { epochWork: saturate(epochWork + vwu) });
}

/** What an approved task adds to the measurements of its miner (economics §4.3). */
function measured(miner: Readonly<MinerRow>, task: Readonly<TaskRow>): Partial<MinerRow> {
  const speed = speedOf(task);
  return {
    epochTokens: saturate(miner.epochTokens + usageOf(task)),
    epochTasks: miner.epochTasks + 1,
    epochLatencyMicro: saturate(miner.epochLatencyMicro + latencyMicroOf(task.firstTokenMs)),
    epochOutTokens: saturate(miner.epochOutTokens + speed.tokens),
    epochOutMs: saturate(miner.epochOutMs + speed.ms),
  };
}

/**
 * Rejects a task: its pending price goes back to the session, or to the payer when the session is closed (economics
 * §2).
 */
export function rejectTask(state: LedgerState, index: IndexOf<'tasks'>, reason: Rejection): LedgerEvent {
  const { taskId, session, pendingUnits } = state.tasks.at(index);
  const { status, payer, escrowUnits, spentUnits } = state.sessions.at(session);
  const isClosed = status === 'closed';
  state.tasks.update(index, { status: 'rejected', pendingUnits: 0n });
  state.sessions.update(session, {
    escrowUnits: isClosed ? escrowUnits : escrowUnits + pendingUnits,
    spentUnits: spentUnits > pendingUnits ? spentUnits - pendingUnits : 0n,
  });
  if (isClosed) state.credit(payer, pendingUnits);
  return { type: 'taskRejected', taskId, reason, refundedUnits: pendingUnits };
}
