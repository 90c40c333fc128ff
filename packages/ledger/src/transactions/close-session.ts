import type { BodyValues } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import type { TransactionRule } from './rule.ts';

/** Ends a session: no draw from now on; what is left goes back once no receipt can arrive any more (§4.3). */
export const closeSession: TransactionRule<BodyValues['closeSession']> = {
  validate(state, { session }, { sender }) {
    const row = state.sessions.get(session);
    if (row === undefined) return 'UNKNOWN_SESSION';
    if (!equalBytes(row.payer, sender)) return 'NOT_PAYER';
    return row.status === 'open' ? 'OK' : 'SESSION_CLOSED';
  },
  apply(state, { session }, { height }) {
    const expiryHeight = Math.min(state.sessions.at(session).expiryHeight, height);
    state.sessions.update(session, { status: 'closing', expiryHeight });
    return [];
  },
};
