import { tables, type VoteRow } from '@assay/protocol';
import { pairKey, reindex, Table } from './table.ts';

const keyOf = ({ proposal, voter }: Readonly<VoteRow>): string => pairKey(voter, proposal);

/** The votes on open proposals: one to an account and proposal. */
export class VoteTable extends Table<VoteRow> {
  readonly #indexOf = new Map<string, number>();

  constructor(rows: readonly VoteRow[]) {
    super(tables.votes, rows, () => 0n);
    this.#index();
  }

  /** Adds a vote, or puts it in the place of the account's last one on that proposal. */
  cast(row: VoteRow): void {
    const known = this.#indexOf.get(keyOf(row));
    if (known === undefined) this.#indexOf.set(keyOf(row), this.push(row));
    else this.set(known, row);
  }

  override retain(keep: (row: Readonly<VoteRow>, index: number) => boolean): boolean {
    const isLess = super.retain(keep);
    if (isLess) this.#index();
    return isLess;
  }

  #index(): void {
    reindex(this.#indexOf, this, keyOf);
  }
}
