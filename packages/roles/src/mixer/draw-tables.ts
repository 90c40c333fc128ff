import { DrawTable, drawTable, type LedgerView } from '@assay/ledger';
import { drawEpoch, type LedgerEvent } from '@assay/protocol';
import type { Chain } from '../ports/chain.ts';
import type { RoleStore } from '../ports/store.ts';

/** Miners of a draw that are asked at most: where so many are busy, the next ones are too (§5.4). */
export const mostAsked = 64;

/** Whether a block registers miners or begins an epoch: each table is a pass over all miners, so one for a block. */
export function drawsAnew(events: readonly LedgerEvent[]): boolean {
  return events.some(({ type }) => type === 'minerRegistered' || type === 'powersSet');
}

const keyOf = (epoch: number) => `draws/${String(epoch).padStart(10, '0')}`;

/**
 * The draw tables of every epoch whose receipts may still come, kept over a restart (§6.2). They are a node's, not a
 * mixer's: epochs pass while its chain catches up, and no mixer runs (§14.2.1).
 */
export class DrawTables {
  readonly #store: RoleStore;
  readonly #tables = new Map<number, DrawTable>();

  constructor(chain: Pick<Chain, 'head' | 'onBlock'>, store: RoleStore) {
    this.#store = store;
    for (const { value } of store.entries('draws/')) {
      const table = DrawTable.deserialize(value);
      this.#tables.set(table.epoch, table);
    }
    this.#update(chain.head());
    chain.onBlock(({ result }) => {
      // A chain may begin with a state in the middle of an epoch.
      const isNew = !this.#tables.has(chain.head().globals.epoch);
      if (isNew || drawsAnew(result.events)) this.#update(chain.head());
    });
  }

  #update(state: LedgerView): void {
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
