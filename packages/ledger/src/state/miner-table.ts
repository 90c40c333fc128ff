import { type MinerRow, type Ref, tables } from '@assay/protocol';
import { copies } from './row-copies.ts';
import { type Content, FrozenRows, type ReadonlyTable, Table } from './table.ts';

/** What a row says of the epoch that it is of. */
type StandingField =
  | ('passedMicro' | 'failedMicro' | 'trustPpb' | 'level' | 'streak' | 'availabilityPpb' | 'weight')
  | ('epochPassed' | 'epochFailed' | 'epochCertified' | 'epochLate' | 'epochVwu' | 'epochTokens' | 'epochTasks')
  | ('epochLatencyMicro' | 'epochOutTokens' | 'epochOutMs' | 'forfeits' | 'periodTrustPpb');

/** The miners as a rule sees them: what of a row is of an epoch it gets from `standing` alone. */
interface ByStanding {
  at(index: Ref<'miners'>): Readonly<Omit<MinerRow, StandingField>>;
}
type Key = [operator: Uint8Array];

export type Miners = Omit<MinerTable, 'at'> & ByStanding;
/** The same for reading; `get` gives a row as it is kept, whatever epoch it is of. */
export type ReadonlyMiners = Omit<ReadonlyTable<MinerRow, Key, 'publicKey', 'miners'>, 'at'> &
  ByStanding &
  Pick<MinerTable, 'standing'>;

/** What brings a row forward into the epoch; null for one that is of it. */
type Forward = (row: Readonly<MinerRow>) => Partial<MinerRow> | null;

function brought(row: Readonly<MinerRow>, forward: Forward): Readonly<MinerRow> {
  const change = forward(row);
  return change === null ? row : { ...row, ...change };
}

/**
 * The miners. While a settlement goes on, a row may still be of the epoch before: it counts as brought forward, and is
 * written as such by whatever changes it first (§2.7).
 */
export class MinerTable extends Table<MinerRow, Key, 'publicKey', 'miners'> {
  readonly #forward: Forward;

  constructor(rows: readonly Readonly<MinerRow>[], forward: Forward) {
    super(tables.miners, rows, copies.miners);
    this.#forward = forward;
  }

  /** A row as it counts in this epoch, for whatever reads trust, level, availability, weight or counts. */
  standing(index: Ref<'miners'>): Readonly<MinerRow> {
    return brought(this.at(index), this.#forward);
  }

  /** Brings a row forward; nothing when it is of this epoch. */
  bringForward(index: Ref<'miners'>): void {
    const forward = this.#forward(this.at(index));
    if (forward !== null) super.update(index, forward);
  }

  override update(index: Ref<'miners'>, wanted: Partial<MinerRow>): void {
    const forward = this.#forward(this.at(index));
    super.update(index, forward === null ? wanted : { ...forward, ...wanted });
  }

  /** The miners as they are now, with what brings them forward now. */
  view(forward: Forward): ReadonlyMiners {
    return new FrozenMiners({ content: this.contentNow(), units: this.units, forward });
  }
}

class FrozenMiners extends FrozenRows<MinerRow, Key, 'publicKey', 'miners'> {
  readonly #forward: Forward;

  constructor(parts: { readonly content: Content<MinerRow>; readonly units: bigint; readonly forward: Forward }) {
    super(parts.content, parts.units);
    this.#forward = parts.forward;
  }

  standing(index: Ref<'miners'>): Readonly<MinerRow> {
    return brought(this.at(index), this.#forward);
  }
}
