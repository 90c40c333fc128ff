import type { DrawTable, LedgerView, Verifier } from '@assay/ledger';
import type { SigningRoots } from '../context.ts';
import type { Announcements } from './announcements.ts';
import type { UsedRequests } from './used-requests.ts';

/** What a mixer checks another's node transactions against (§7.2): the ledger, the draws, and what it saw itself. */
export interface CheckView {
  readonly state: LedgerView;
  readonly roots: SigningRoots;
  readonly verifier: Verifier;
  readonly announcements: Announcements;
  readonly usedRequests: UsedRequests;
  drawTableAt(height: number): DrawTable | null;
  /** Time of the block of a height, milliseconds; null when there is none. */
  blockMs(height: number): number | null;
  readonly nowMs: number;
}
