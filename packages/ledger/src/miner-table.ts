import { type MinerRow, tables } from '@assay/protocol';
import { Table } from './table.ts';

/** What a row says of the epoch that it is of. */
type StandingField =
  | ('passedMicro' | 'failedMicro' | 'trustPpb' | 'level' | 'streak' | 'availabilityPpb' | 'weight')
  | ('epochPassed' | 'epochFailed' | 'epochCertified' | 'epochLate' | 'epochVwu' | 'epochTokens' | 'epochTasks')
  | ('epochLatencyMicro' | 'epochOutTokens' | 'epochOutMs' | 'forfeits' | 'periodTrustPpb');

/** The miners as a rule sees them: what of a row is of an epoch it gets from `standing` alone. */
export type Miners = Omit<MinerTable, 'at'> & {
  at(index: number): Readonly<Omit<MinerRow, StandingField>>;
};

/** The same for reading; `get` gives a row as it is kept, whatever epoch it is of. */
export type ReadonlyMiners = Pick<Miners, 'at' | 'get' | 'length' | 'standing' | typeof Symbol.iterator>;

/** What brings a row forward into the epoch; null for one that is of it. */
type Forward = (row: Readonly<MinerRow>) => Partial<MinerRow> | null;

/**
 * The miners. While a settlement goes on, a row may still be of the epoch before: it counts as brought forward, and is
 * written as such by whatever changes it first (§2.7).
 */
export class MinerTable extends Table<MinerRow> {
  readonly #forward: Forward;

  constructor(rows: readonly Readonly<MinerRow>[], forward: Forward) {
    super(tables.miners, rows, (row) => row.collateralUnits);
    this.#forward = forward;
  }

  /** A row as it counts in this epoch, for whatever reads trust, level, availability, weight or counts. */
  standing(index: number): Readonly<MinerRow> {
    const row = this.at(index);
    const forward = this.#forward(row);
    return forward === null ? row : { ...row, ...forward };
  }

  /** Brings a row forward; nothing when it is of this epoch. */
  bringForward(index: number): void {
    const forward = this.#forward(this.at(index));
    if (forward !== null) super.update(index, forward);
  }

  override update(index: number, wanted: Partial<MinerRow>): void {
    const forward = this.#forward(this.at(index));
    super.update(index, forward === null ? wanted : { ...forward, ...wanted });
  }
}
