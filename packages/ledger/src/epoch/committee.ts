import type { LedgerEvent } from '@assay/protocol';
import { committeeOf, isSameCommittee, nextCommittee } from '../draw/committee.ts';
import { countAbsent } from '../draw/presence.ts';
import type { LedgerState } from '../state/state.ts';

/**
 * Chooses the committee of the epoch to come; while no mixer is active the present one stays (§7.1). Who was absent
 * pays for it.
 */
export function chooseCommittee(state: LedgerState): LedgerEvent[] {
  const { epoch } = state.globals;
  const present = committeeOf(state, epoch);
  const seats = nextCommittee(state);
  const isKept = new Set(seats.map(({ mixer }) => mixer));
  const lost = present.map(({ mixer }) => mixer).filter((mixer) => !isKept.has(mixer));
  const events = countAbsent(state, new Set(lost));
  if (seats.length === 0 || isSameCommittee(seats, present)) return events;
  const fromEpoch = epoch + 1;
  state.committees.push({ fromEpoch, seats });
  return [...events, { type: 'committeeChosen', fromEpoch, mixers: seats.map(({ mixer }) => mixer) }];
}
