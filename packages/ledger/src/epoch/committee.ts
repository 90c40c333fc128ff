import { committeeOf, isSameCommittee, nextCommittee } from '../committee.ts';
import type { LedgerEvent } from '../result.ts';
import type { LedgerState } from '../state.ts';

/** Chooses the committee of the epoch to come; while no mixer is active the present one stays (§7.1). */
export function chooseCommittee(state: LedgerState): LedgerEvent[] {
  const { epoch } = state.globals;
  const seats = nextCommittee(state);
  if (seats.length === 0 || isSameCommittee(seats, committeeOf(state, epoch))) return [];
  const fromEpoch = epoch + 1;
  state.committees.push({ fromEpoch, seats });
  return [{ type: 'committeeChosen', fromEpoch, mixers: seats.map(({ mixer }) => mixer) }];
}
