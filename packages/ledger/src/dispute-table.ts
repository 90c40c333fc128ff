import { type DisputeRow, tables } from '@assay/protocol';
import { keyOf, reindex, Table } from './table.ts';

/** Challenges that auditors decide on, found by their task. */
export class DisputeTable extends Table<DisputeRow> {
  readonly #indexOf = new Map<string, number>();

  constructor(rows: readonly Readonly<DisputeRow>[]) {
    super(tables.disputes, rows, () => 0n);
    this.#index();
  }

  of(taskId: Uint8Array): Readonly<DisputeRow> | undefined {
    return this.get(this.#indexOf.get(keyOf(taskId)) ?? -1);
  }

  add(row: DisputeRow): void {
    this.#indexOf.set(keyOf(row.taskId), this.push(row));
  }

  override retain(keep: (row: Readonly<DisputeRow>, index: number) => boolean): boolean {
    const isLess = super.retain(keep);
    if (isLess) this.#index();
    return isLess;
  }

  #index(): void {
    reindex(this.#indexOf, this, ({ taskId }) => keyOf(taskId));
  }
}
