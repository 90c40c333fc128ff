import { type MeasureRow, tables } from '@assay/protocol';
import { reindex, Table } from './table.ts';

/** What was measured of miners, one row for each that ever was. */
export class MeasureTable extends Table<MeasureRow> {
  readonly #indexOf = new Map<string, number>();

  constructor(rows: readonly Readonly<MeasureRow>[]) {
    super(tables.measures, rows, () => 0n);
    reindex(this.#indexOf, this, ({ miner }) => String(miner));
  }

  of(miner: number): Readonly<MeasureRow> | undefined {
    const index = this.#indexOf.get(String(miner));
    return index === undefined ? undefined : this.at(index);
  }

  put(row: MeasureRow): void {
    const key = String(row.miner);
    const index = this.#indexOf.get(key);
    if (index === undefined) this.#indexOf.set(key, this.push(row));
    else this.set(index, row);
  }
}
