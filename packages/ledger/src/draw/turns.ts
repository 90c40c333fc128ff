import type { BatchHeader, LedgerEvent, MixerRow } from '@assay/protocol';
import type { LedgerState, LedgerView } from '../state/state.ts';
import { committeeOf } from './committee.ts';
import { wasSeen } from './presence.ts';

/** A round is so many turns of each seat: one that comes late is not missed (§9.4). */
const turnsInRound = 2;
/** A median below this says nothing about anybody. */
const leastMedian = 2;

/** What a batch in a block changes of its mixer's turns: a round counts once, however many batches it brings (§9.4). */
export function roundAfter(
  state: LedgerView,
  { mixer }: Pick<BatchHeader, 'mixer'>,
  height: number,
): Partial<MixerRow> {
  const { params, globals } = state;
  const { revealHeight, epochRounds } = state.mixers.at(mixer);
  const firstHeight = globals.epoch * params.epochBlocks;
  const roundBlocks = turnsInRound * committeeOf(state, globals.epoch).length;
  const roundOf = (at: number) => at - ((at - firstHeight) % roundBlocks);
  const isCounted = epochRounds > 0 && roundOf(revealHeight) === roundOf(height);
  return { revealHeight: height, epochRounds: isCounted ? epochRounds : epochRounds + 1 };
}

/**
 * §9.4 A seat that turned the beacon in less than half as many rounds as the median one gets a strike, and its duties
 * of the epoch are none. Where all stood still the median did too.
 */
export function settleTurns(state: LedgerState): LedgerEvent[] {
  const seats = committeeOf(state, state.globals.epoch).map(({ mixer }) => ({ mixer, row: state.mixers.at(mixer) }));
  const rounds = seats.map(({ row }) => row.epochRounds).toSorted((a, b) => a - b);
  const medianRounds = rounds[(rounds.length - 1) >> 1] ?? 0;
  if (medianRounds < leastMedian) return [];
  return seats.flatMap(({ mixer, row }): LedgerEvent[] => {
    // §7.13 Who was not there at all is struck for that.
    if (2 * row.epochRounds >= medianRounds || !wasSeen(row, state.globals.epoch)) return [];
    state.mixers.update(mixer, { strikes: row.strikes + 1, epochDuties: row.dutiesBefore });
    return [{ type: 'turnsMissed', mixer, rounds: row.epochRounds, medianRounds }];
  });
}

/** The next epoch's turns are counted from none. */
export function beginTurns(state: LedgerState): void {
  for (let mixer = 0; mixer < state.mixers.length; mixer++) {
    const { epochRounds, epochDuties, dutiesBefore } = state.mixers.at(mixer);
    if (epochRounds === 0 && epochDuties === dutiesBefore) continue;
    state.mixers.update(mixer, { epochRounds: 0, dutiesBefore: epochDuties });
  }
}
