import type { MinerRow } from '@assay/protocol';
import { availabilityAfter } from '../standing/availability.ts';
import { noCounts, noWork } from '../standing/counts.ts';
import { updateTrust } from '../standing/decay.ts';
import { updateLevel } from '../standing/levels.ts';
import { keptPpb } from '../standing/trust.ts';
import { weightOf } from '../standing/weight.ts';
import type { ClosedBooks } from './books.ts';
import { endingPeriod } from './period.ts';

/** What changes in a miner's row with the end of an epoch. */
export type Forward = Partial<MinerRow> & Standing;
/** What the competition of the epoch that ended reads of it. */
export type Standing = Pick<MinerRow, 'passedMicro' | 'failedMicro' | 'trustPpb' | 'level' | 'availabilityPpb'>;

/** What the settlement under way reads, and how it brings a miner's row forward into the epoch. */
export interface Settling {
  readonly books: ClosedBooks;
  /** Of a row of the epoch before; one that is asked for again right away is not worked out twice. */
  readonly forwardOf: (row: Readonly<MinerRow>) => Forward;
}

/**
 * How a settlement brings a miner's row forward: trust, level, availability and weight are new, counts zero (§2.7).
 */
export function settling(books: ClosedBooks): Settling {
  const { params, globals } = books;
  const kept = keptPpb(params.audit.trustHalfLifeEpochs);
  const isPeriodOver = endingPeriod(books) !== null;
  const standingEpoch = globals.epoch + 1;
  const workOut = (row: Readonly<MinerRow>): Forward => {
    const record = updateTrust(row, kept);
    const { level, streak } = updateLevel(row, record, params.levels);
    const availabilityPpb = availabilityAfter(row);
    const { passedMicro, failedMicro, trustPpb } = record;
    const weight = weightOf(row, { trustPpb, availabilityPpb }, params.audit);
    const standing = { passedMicro, failedMicro, trustPpb, level, streak, availabilityPpb, weight, ...noCounts };
    return { ...standing, ...(isPeriodOver && { ...noWork, periodTrustPpb: trustPpb }), standingEpoch };
  };
  let last: { readonly row: Readonly<MinerRow>; readonly forward: Forward } | null = null;
  const forwardOf = (row: Readonly<MinerRow>): Forward => {
    if (last?.row !== row) last = { row, forward: workOut(row) };
    return last.forward;
  };
  return { books, forwardOf };
}
