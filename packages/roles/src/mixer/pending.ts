import { Attestation } from '@assay/protocol';
import type { RoleStore } from '../ports/store.ts';
import { keyOfAttestation } from './attestations.ts';

const prefix = 'pending/';

/** What waits for a certificate at one mixer (§7.2); kept over a restart. */
export class Pending {
  readonly #store: RoleStore;
  readonly #waiting = new Map<string, Attestation>();

  constructor(store: RoleStore) {
    this.#store = store;
  }

  get all(): ReadonlyMap<string, Attestation> {
    return this.#waiting;
  }

  /** Whether tasks wait: somebody's money is held for them. Reports go with the next batch (§14.1). */
  get hasTasks(): boolean {
    return [...this.#waiting.values()].some(({ kind }) => kind !== 'report');
  }

  get hasReports(): boolean {
    return [...this.#waiting.values()].some(({ kind }) => kind === 'report');
  }

  /** Takes up what an earlier run left uncertified. */
  restore(): void {
    for (const { key, value } of this.#store.entries(prefix)) {
      this.#waiting.set(key.slice(prefix.length), Attestation.deserialize(value));
    }
  }

  add(attestation: Attestation): void {
    const key = keyOfAttestation(attestation);
    this.#waiting.set(key, attestation);
    this.#store.put(prefix + key, Attestation.serialize(attestation));
  }

  /** Whether it was there. */
  drop(key: string): boolean {
    if (!this.#waiting.delete(key)) return false;
    this.#store.delete(prefix + key);
    return true;
  }
}
