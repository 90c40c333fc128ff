import { type MinerRow, noValidator, sessionStatuses, type TaskRow, taskStatuses } from '@assay/protocol';
import { saturate } from './integers.ts';
import type { LedgerEvent } from './result.ts';
import type { LedgerState } from './state.ts';
import { latencyMicroOf, speedOf, usageOf, workUnitsOf } from './work.ts';

/** Approves a task: its work counts, and its pending price is paid when the epoch closes (B5). */
export function approveTask(state: LedgerState, index: number, audited: boolean): LedgerEvent {
  const task = state.tasks.at(index);
  const miner = state.miners.at(task.miner);
  const model = state.models.at(task.model);
  const gateway = state.gateways.at(task.gateway);
  const vwu = workUnitsOf(state.params, model, task);
  state.tasks.update(index, { status: taskStatuses.approved });
  state.miners.update(task.miner, { epochVwu: saturate(miner.epochVwu + vwu), ...measured(miner, task) });
  if (miner.validator !== noValidator) addWork(state, miner.validator, vwu);
  const { payer } = state.sessions.at(task.session);
  const tokens = usageOf(task);
  if (tokens > 0n) state.credits.add({ payer, miner: task.miner, vwu, tokens });
  state.models.update(task.model, { epochVwu: saturate(model.epochVwu + vwu) });
  state.gateways.update(task.gateway, { epochDuties: gateway.epochDuties + 1 });
  return { type: 'taskApproved', taskId: task.taskId, audited };
}

/** Counts work for a validator's power (economics §8.3). */
export function addWork(state: LedgerState, validator: number, vwu: bigint): void {
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
export function rejectTask(state: LedgerState, index: number, reason: 'soft' | 'hard' | 'noResult'): LedgerEvent {
  const { taskId, session, pendingUnits } = state.tasks.at(index);
  const { status, payer, escrowUnits, spentUnits } = state.sessions.at(session);
  const isClosed = status === sessionStatuses.closed;
  state.tasks.update(index, { status: taskStatuses.rejected, pendingUnits: 0n });
  state.sessions.update(session, {
    escrowUnits: isClosed ? escrowUnits : escrowUnits + pendingUnits,
    spentUnits: spentUnits - pendingUnits,
  });
  if (isClosed) state.credit(payer, pendingUnits);
  return { type: 'taskRejected', taskId, reason, refundedUnits: pendingUnits };
}
