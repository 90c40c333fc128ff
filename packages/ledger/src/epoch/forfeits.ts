import type { LedgerEvent, Ref } from '@assay/protocol';
import { invariant } from '../arithmetic/invariant.ts';
import { caseIndexOf, openForfeit } from '../cases/cases.ts';
import { isHardFailure, payMiner } from '../stake/forfeits.ts';
import type { LedgerState } from '../state/state.ts';

/**
 * Opens a case for each miner that a hard failure costs what this epoch's end pays it; when it ends a reward period, a
 * failure of the whole period (economics §6.7).
 */
export function openForfeits(state: LedgerState, isPeriodOver: boolean): LedgerEvent[] {
  const { epoch, periodStartMs } = state.globals;
  const subjects = new Map<Ref<'miners'>, Uint8Array>();
  for (const row of state.cases) {
    const counts = row.openedEpoch === epoch || (isPeriodOver && row.openedMs >= periodStartMs);
    if (counts && isHardFailure(row) && !subjects.has(row.role)) subjects.set(row.role, row.subject);
  }
  return [...subjects].flatMap(([miner, subject]) => openForfeit(state, miner, subject));
}

/** What a settlement keeps back of a miner's rewards. */
export interface HeldRewards {
  readonly case: number;
  readonly miner: Ref<'miners'>;
  readonly revenueUnits: bigint;
  readonly emissionUnits: bigint;
}

/** Puts rewards into their case; where that was decided while the epoch was settled, does what was decided. */
export function holdRewards(state: LedgerState, rewards: HeldRewards): LedgerEvent {
  const units = rewards.revenueUnits + rewards.emissionUnits;
  const index = caseIndexOf(state, rewards.case);
  invariant(index !== undefined, `the rewards of miner ${rewards.miner} have no case`);
  const row = state.cases.at(index);
  state.setGlobals({ settlingUnits: state.globals.settlingUnits - units });
  if (row.status === 'dismissed') payMiner(state, rewards.miner, units);
  else if (row.status === 'executed') burn(state, units);
  else state.cases.update(index, { proposedUnits: units, heldUnits: units, fineUnits: units });
  return { type: 'rewardsHeld', ...rewards };
}

function burn(state: LedgerState, units: bigint): void {
  state.setGlobals({ burnedUnits: state.globals.burnedUnits + units });
}
