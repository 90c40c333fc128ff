import type { LedgerEvent } from '../result.ts';
import { stakeKindOf } from '../stakes.ts';
import type { LedgerState } from '../state.ts';

/** Pays out the stake whose lock ends with the epoch that is closing (economics §6.1). */
export function releaseUnbonding(state: LedgerState): LedgerEvent[] {
  const { epoch } = state.globals;
  const events: LedgerEvent[] = [];
  for (const { account, kind, role, units, releaseEpoch } of state.unbonding) {
    const word = stakeKindOf(kind);
    if (releaseEpoch > epoch || word === undefined) continue;
    if (units === 0n) continue; // Taken by a fine.
    state.credit(account, units);
    events.push({ type: 'unbonded', account, kind: word, role, units });
  }
  state.unbonding.retain(({ releaseEpoch }) => releaseEpoch > epoch);
  return events;
}
