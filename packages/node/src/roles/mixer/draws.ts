import { type DrawTable, drawTable, drawTableFromBytes, drawTableToBytes, type LedgerView } from '@assay/ledger';
import type { RoleStore } from '../context.ts';

const keyOf = (epoch: number) => `draws/${String(epoch).padStart(10, '0')}`;

/** The draw tables of this epoch and the one before, kept over a restart: what was drawn stays checkable (§6.2). */
export class Draws {
  readonly #store: RoleStore;
  readonly #tables = new Map<number, DrawTable>();

  constructor(store: RoleStore) {
    this.#store = store;
  }

  restore(): void {
    for (const { value } of this.#store.entries('draws/')) {
      const table = drawTableFromBytes(value);
      this.#tables.set(table.epoch, table);
    }
  }

  /** Takes the present table from the state; call it after every block that registers a miner or begins an epoch. */
  update(state: LedgerView): void {
    const table = drawTable(state);
    this.#tables.set(table.epoch, table);
    this.#store.put(keyOf(table.epoch), drawTableToBytes(table));
    for (const epoch of this.#tables.keys()) {
      if (epoch >= table.epoch - 1) continue;
      this.#tables.delete(epoch);
      this.#store.delete(keyOf(epoch));
    }
  }

  /** The table a draw at `height` used; null when it is older than the epoch before. */
  at(height: number, epochBlocks: number): DrawTable | null {
    return this.#tables.get(Math.floor(height / epochBlocks)) ?? null;
  }
}
