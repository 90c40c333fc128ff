import { Attestation, type LeastTimes } from '@assay/protocol';
import type { RoleStore } from '../ports/store.ts';
import { keyOfAttestation } from './attestations.ts';

const prefix = 'pending/';

/** What mixers said of a receipt: the least times that each signs. */
export type SaidTimes = ReadonlyMap<number, Pick<LeastTimes, 'firstTokenMs' | 'totalMs'>>;

interface Refusals {
  readonly times: number;
  /** The height at which it is offered again. */
  readonly againAt: number;
  readonly said: SaidTimes;
}

/** What waits for a certificate at one mixer (§7.2); kept over a restart. */
export class Pending {
  readonly #store: RoleStore;
  readonly #waiting = new Map<string, Attestation>();
  /** Of what a quorum refused. */
  readonly #refused = new Map<string, Refusals>();

  constructor(store: RoleStore) {
    this.#store = store;
  }

  get all(): ReadonlyMap<string, Attestation> {
    return this.#waiting;
  }

  /** What may be offered at a height. */
  due(height: number): Attestation[] {
    return [...this.#waiting].flatMap(([key, attestation]) => (this.#isDue(key, height) ? [attestation] : []));
  }

  /** Whether tasks are due: somebody's money is held for them. Reports go with the next batch (§14.1). */
  hasTasks(height: number): boolean {
    return [...this.#waiting].some(([key, { kind }]) => kind !== 'report' && this.#isDue(key, height));
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

  /** §14.12 Keeps what a quorum refused at a height for later, each time twice as late; returns the height. */
  postpone(attestation: Attestation, height: number, said: SaidTimes = new Map()): number {
    const key = keyOfAttestation(attestation);
    const before = this.#refused.get(key);
    const times = (before?.times ?? 0) + 1;
    const againAt = height + 2 ** times;
    this.add(attestation);
    this.#refused.set(key, { times, againAt, said: new Map([...(before?.said ?? []), ...said]) });
    return againAt;
  }

  /** §15.20.1 Whether what a mixer says of a receipt's times counts: not once it has those that it named before. */
  isBelieved(mixer: number, attestation: Attestation | undefined): boolean {
    if (attestation?.kind !== 'receipt') return false;
    const { firstTokenMs, totalMs } = attestation.value.receipt;
    const said = this.#refused.get(keyOfAttestation(attestation))?.said.get(mixer);
    return said === undefined || said.firstTokenMs > firstTokenMs || said.totalMs > totalMs;
  }

  #isDue(key: string, height: number): boolean {
    return (this.#refused.get(key)?.againAt ?? 0) <= height;
  }

  /** Whether it was there. */
  drop(key: string): boolean {
    this.#refused.delete(key);
    if (!this.#waiting.delete(key)) return false;
    this.#store.delete(prefix + key);
    return true;
  }
}
