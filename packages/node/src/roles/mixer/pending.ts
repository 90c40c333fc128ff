import { NodeTransaction } from '@assay/protocol';
import type { RoleStore } from '../ports/store.ts';
import { keyOfNode } from './attestations.ts';

const prefix = 'pending/';

/** What waits for a certificate at one mixer (§7.2); kept over a restart. */
export class Pending {
  readonly #store: RoleStore;
  readonly #waiting = new Map<string, NodeTransaction>();

  constructor(store: RoleStore) {
    this.#store = store;
  }

  get all(): ReadonlyMap<string, NodeTransaction> {
    return this.#waiting;
  }

  /** Whether tasks wait: somebody's money is held for them. Reports go with the next batch (§14.1). */
  get hasTasks(): boolean {
    return [...this.#waiting.values()].some(({ value }) => !('report' in value));
  }

  /** Takes up what an earlier run left uncertified. */
  restore(): void {
    for (const { key, value } of this.#store.entries(prefix)) {
      this.#waiting.set(key.slice(prefix.length), NodeTransaction.deserialize(value));
    }
  }

  add(node: NodeTransaction): void {
    const key = keyOfNode(node);
    this.#waiting.set(key, node);
    this.#store.put(prefix + key, NodeTransaction.serialize(node));
  }

  /** Whether it was there. */
  drop(key: string): boolean {
    if (!this.#waiting.delete(key)) return false;
    this.#store.delete(prefix + key);
    return true;
  }
}
