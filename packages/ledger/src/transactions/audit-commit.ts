import type { BodyValues, Commitment } from '@assay/protocol';
import { listRule } from './audit-items.ts';
import type { TransactionRule } from './rule.ts';

/** Binds an auditor to its numbers before anyone sees them (§10.3). */
export const auditCommit: TransactionRule<BodyValues['auditCommit']> = listRule<Commitment>({
  validate: (_state, _item, { slot }) => (slot.state === 'drawn' ? 'OK' : 'ALREADY_COMMITTED'),
  apply(state, { commitment }, { audit, index, slot }) {
    const committed = { ...slot, commitment, state: 'committed' as const, deadline: 0 };
    state.setAuditors(audit, state.audits.at(audit).auditors.with(index, committed));
    return [];
  },
});
