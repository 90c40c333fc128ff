import { type TransitionRow, tables } from '@assay/protocol';
import { keyOf, Table } from './table.ts';

/** The late steps of tasks that could still be certified, found by their task. */
export class TransitionTable extends Table<TransitionRow> {
  readonly #indexesOf = new Map<string, number[]>();

  constructor(rows: readonly Readonly<TransitionRow>[]) {
    super(tables.transitions, rows, () => 0n);
    this.#index();
  }

  /** Late steps of a task, in the order they were recorded in. */
  of(taskId: Uint8Array): readonly Readonly<TransitionRow>[] {
    return (this.#indexesOf.get(keyOf(taskId)) ?? []).map((index) => this.at(index));
  }

  /** Whether an attempt of a task was already taken from a miner. */
  has({ taskId, attempt, miner }: Pick<TransitionRow, 'taskId' | 'attempt' | 'miner'>): boolean {
    return this.of(taskId).some((row) => row.attempt === attempt && row.miner === miner);
  }

  add(row: TransitionRow): void {
    this.#note(row, this.push(row));
  }

  override retain(keep: (row: Readonly<TransitionRow>, index: number) => boolean): boolean {
    const isLess = super.retain(keep);
    if (isLess) this.#index();
    return isLess;
  }

  #index(): void {
    this.#indexesOf.clear();
    for (let index = 0; index < this.length; index++) this.#note(this.at(index), index);
  }

  #note({ taskId }: Readonly<TransitionRow>, index: number): void {
    const key = keyOf(taskId);
    this.#indexesOf.set(key, [...(this.#indexesOf.get(key) ?? []), index]);
  }
}
