import type { LedgerEvent } from '@assay/protocol';
import type { LedgerState } from '../state/state.ts';

/** Closes the sessions no receipt can arrive for any more, and gives back what is left of their escrow (§4.3). */
export function closeSessions(state: LedgerState, height: number): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  for (let session = 0; session < state.sessions.length; session++) {
    const { status, expiryHeight, escrowUnits, payer } = state.sessions.at(session);
    // The last draw it pays for is at expiryHeight − 1, and a receipt may follow for receiptLifetimeBlocks.
    const ended = expiryHeight + state.params.receiptLifetimeBlocks <= height;
    if (status === 'closed' || !ended) continue;
    state.sessions.update(session, { status: 'closed', escrowUnits: 0n });
    state.credit(payer, escrowUnits);
    events.push({ type: 'sessionClosed', session, refundedUnits: escrowUnits });
  }
  return events;
}
