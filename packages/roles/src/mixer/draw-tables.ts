import { DrawTable, drawTable, type LedgerView } from '@assay/ledger';
import { drawEpoch } from '@assay/protocol';
import type { RoleStore } from '../ports/store.ts';

const keyOf = (epoch: number) => `draws/${String(epoch).padStart(10, '0')}`;

/** The draw tables of every epoch whose receipts may still come, kept over a restart (§6.2). */
export class DrawTables {
  readonly #store: RoleStore;
  readonly #tables = new Map<number, DrawTable>();

  constructor(store: RoleStore) {
    this.#store = store;
  }

  restore(): void {
    for (const { value } of this.#store.entries('draws/')) {
      const table = DrawTable.deserialize(value);
      this.#tables.set(table.epoch, table);
    }
  }

  /** Takes the present table from the state; call it after every block that registers a miner or begins an epoch. */
  update(state: LedgerView): void {
    const table = drawTable(state);
    this.#tables.set(table.epoch, table);
    this.#store.put(keyOf(table.epoch), DrawTable.serialize(table));
    const oldest = drawEpoch(state.params, Math.max(0, state.globals.height - state.params.receiptLifetimeBlocks));
    for (const epoch of this.#tables.keys()) {
      if (epoch >= oldest) continue;
      this.#tables.delete(epoch);
      this.#store.delete(keyOf(epoch));
    }
  }

  /** The table a draw at `height` used; null when it is too old. */
  at(height: number, state: LedgerView): DrawTable | null {
    return this.#tables.get(drawEpoch(state.params, height)) ?? null;
  }
}
