import type { LedgerEvent } from '@assay/protocol';
import type { CommittedBlock } from '@assay/roles/ports/chain';
import type { RoleStore } from '@assay/roles/ports/store';
import { encodeText } from '@assay/ssz';
import { z } from 'zod';
import type { Store } from '../store/store.ts';

const units = z.codec(z.string(), z.bigint(), { decode: (text) => BigInt(text), encode: (value) => String(value) });
const Totals = z.object({
  height: z.int(),
  certified: z.int(),
  approved: z.int(),
  rejected: z.int(),
  audited: z.int(),
  /** Audits that ended with the task approved, and with it rejected. */
  passed: z.int(),
  failed: z.int(),
  /** Audits that ended without a result. */
  noResult: z.int(),
  refundedUnits: units,
  paidUnits: units,
});
export type Totals = z.infer<typeof Totals>;

const none: Totals = {
  height: 0,
  certified: 0,
  approved: 0,
  rejected: 0,
  audited: 0,
  passed: 0,
  failed: 0,
  noResult: 0,
  refundedUnits: 0n,
  paidUnits: 0n,
};
const key = 'totals';

/** Counts since genesis, for people; made of the events of the blocks and nothing else. */
export class TotalsView {
  #totals: Totals;
  readonly #store: RoleStore;

  /** Takes up the stored counts and adds the blocks they do not know of yet. */
  constructor(store: Store) {
    this.#store = store.roleStore('node');
    this.#totals = this.#stored() ?? none;
    for (let height = this.#totals.height + 1; height <= store.height; height++) {
      this.#add(height, store.resultAt(height)?.events ?? []);
    }
  }

  get totals(): Totals {
    return this.#totals;
  }

  onBlock({ result }: CommittedBlock): void {
    this.#add(result.height, result.events);
    if (result.events.length === 0) return;
    this.#store.put(key, encodeText(JSON.stringify(Totals.encode(this.#totals))));
  }

  /** Null when there are none, or none that can be read: they are counted again. */
  #stored(): Totals | null {
    try {
      const stored = this.#store.get(key);
      return stored === undefined ? null : Totals.decode(JSON.parse(new TextDecoder().decode(stored)));
    } catch {
      return null;
    }
  }

  #add(height: number, events: readonly LedgerEvent[]): void {
    const totals = { ...this.#totals, height };
    for (const event of events) count(totals, event);
    this.#totals = totals;
  }
}

function count(totals: Totals, event: LedgerEvent): void {
  switch (event.type) {
    case 'taskCertified':
      totals.certified++;
      break;
    case 'taskApproved':
      totals.approved++;
      if (event.audited) totals.audited++;
      if (event.audited) totals.passed++;
      break;
    case 'taskRejected':
      totals.rejected++;
      if (event.reason !== 'outlier' && event.reason !== 'noMajority') totals.audited++;
      if (event.reason === 'soft' || event.reason === 'hard') totals.failed++;
      if (event.reason === 'noResult') totals.noResult++;
      totals.refundedUnits += event.refundedUnits;
      break;
    case 'epochClosed':
      for (const payout of event.close.payouts) totals.paidUnits += payout.units;
      break;
  }
}
