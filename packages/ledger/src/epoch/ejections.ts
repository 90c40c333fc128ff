import { minerStatuses } from '@assay/protocol';
import type { LedgerEvent } from '../result.ts';
import { EJECTION_MILLI } from '../standing.ts';
import type { LedgerState } from '../state.ts';
import { weightOf } from '../weight.ts';

/** Ejects the miners whose audits are evidence enough (verification §4.5); who is not active leaves the draws. */
export function ejectMiners(state: LedgerState): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  for (let miner = 0; miner < state.miners.length; miner++) {
    const { cusumMilli, status } = state.miners.at(miner);
    const isEjected = cusumMilli >= EJECTION_MILLI && status !== minerStatuses.ejected;
    if (isEjected) {
      state.miners.update(miner, { status: minerStatuses.ejected });
      events.push({ type: 'minerEjected', miner, cusumMilli });
    }
    updateWeight(state, miner);
  }
  return events;
}

/** Within an epoch weights stand still; at its end those who left, or came back, are drawn no more, or again. */
function updateWeight(state: LedgerState, miner: number): void {
  const row = state.miners.at(miner);
  const isDrawn = row.weight > 0n;
  if (isDrawn !== (row.status === minerStatuses.active)) {
    state.miners.update(miner, { weight: weightOf(row, state.params.audit) });
  }
}
