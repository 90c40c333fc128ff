import { roleStatuses } from '@assay/protocol';
import type { LedgerEvent } from '../result.ts';
import { EJECTION_MILLI } from '../standing.ts';
import type { LedgerState } from '../state.ts';

/** Ejects the miners whose audits are evidence enough (verification §4.5); who is not active leaves the draws. */
export function ejectMiners(state: LedgerState): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  for (let miner = 0; miner < state.miners.length; miner++) {
    const { cusumMilli, status } = state.miners.at(miner);
    if (cusumMilli < EJECTION_MILLI || status === roleStatuses.ejected) continue;
    state.miners.update(miner, { status: roleStatuses.ejected, statusHeight: state.globals.height });
    events.push({ type: 'minerEjected', miner, cusumMilli });
  }
  return events;
}
