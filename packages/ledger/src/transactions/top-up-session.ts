import type { BodyValues } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import type { TransactionRule } from './rule.ts';

/** Adds to the escrow of a session that still runs (§4.3). */
export const topUpSession: TransactionRule<BodyValues['topUpSession']> = {
  validate(state, { session, amountUnits }, { availableUnits, height, sender }) {
    if (amountUnits === 0n) return 'ZERO_AMOUNT';
    if (amountUnits > availableUnits) return 'INSUFFICIENT_BALANCE';
    const row = state.sessions.get(session);
    if (row === undefined) return 'UNKNOWN_SESSION';
    if (!equalBytes(row.payer, sender)) return 'NOT_PAYER';
    if (row.status !== 'open') return 'SESSION_CLOSED';
    return row.expiryHeight <= height ? 'SESSION_EXPIRED' : 'OK';
  },
  apply(state, { session, amountUnits }, { sender }) {
    state.debit(sender, amountUnits);
    state.sessions.update(session, { escrowUnits: state.sessions.at(session).escrowUnits + amountUnits });
    return [];
  },
};
