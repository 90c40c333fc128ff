import { type CommitteeSeat, limits } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { isActive } from '../state/roles.ts';
import type { LedgerView } from '../state/state.ts';

/** The committee of an epoch, past or present; of an epoch to come the present one (§7.1). */
export function committeeOf({ committees }: LedgerView, epoch: number): readonly CommitteeSeat[] {
  for (let index = committees.length - 1; index > 0; index--) {
    const { fromEpoch, seats } = committees.at(index);
    if (fromEpoch <= epoch) return seats;
  }
  return committees.at(0).seats;
}

/** The epochs, none of them to come, that the committee of one served (§7.1). */
export function committeeEpochs(
  { committees, globals }: Pick<LedgerView, 'committees' | 'globals'>,
  epoch: number,
): { readonly from: number; readonly through: number } {
  const starts = Array.from(committees, ({ fromEpoch }) => fromEpoch);
  const from = starts.findLast((start) => start <= epoch) ?? 0;
  const next = starts.find((start) => start > epoch);
  return { from, through: next === undefined ? globals.epoch : Math.min(next - 1, globals.epoch) };
}

interface Candidate extends CommitteeSeat {
  readonly stakeUnits: bigint;
}

/**
 * Who would be the committee of the next epoch: of the active mixers that were seen in this one the 128 with the most
 * stake, by index (§7.1). No epoch's end takes more than half of the seats, rounded up, for absence (§7.13).
 */
export function nextCommittee(state: LedgerView): CommitteeSeat[] {
  const { epoch } = state.globals;
  const seats = committeeOf(state, epoch);
  const isSeated = new Set(seats.map(({ mixer }) => mixer));
  const active = Array.from(state.mixers, (row, mixer) => ({ ...row, mixer })).filter(isActive);
  const there = active.filter(({ seenUntil, seatFrom }) => seenUntil > epoch && seatFrom <= epoch + 1);
  const absent = active.filter(({ seenUntil, mixer }) => seenUntil <= epoch && isSeated.has(mixer));
  const losing = there.length === 0 ? 0 : Math.min(absent.length, (seats.length + 1) >> 1);
  const kept = byStake(absent).slice(0, absent.length - losing);
  return byStake([...there, ...kept])
    .slice(0, limits.maxMixers)
    .toSorted((a, b) => a.mixer - b.mixer)
    .map(({ mixer, blsPublicKey }) => ({ mixer, blsPublicKey }));
}

/** The most stake first; of equals the lower index. */
function byStake(mixers: readonly Candidate[]): Candidate[] {
  return mixers.toSorted((a, b) =>
    a.stakeUnits === b.stakeUnits ? a.mixer - b.mixer : a.stakeUnits > b.stakeUnits ? -1 : 1,
  );
}

/** Whether two committees have the same members with the same keys. */
export function isSameCommittee(a: readonly CommitteeSeat[], b: readonly CommitteeSeat[]): boolean {
  const isSame = (seat: CommitteeSeat, other: CommitteeSeat | undefined) =>
    seat.mixer === other?.mixer && equalBytes(seat.blsPublicKey, other.blsPublicKey);
  return a.length === b.length && a.every((seat, index) => isSame(seat, b[index]));
}
