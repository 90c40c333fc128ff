import type { BodyValues } from '@assay/protocol';
import type { TransactionRule } from './rule.ts';

/** Votes on a proposal; a later vote of the same account takes the place of the earlier one (§12.1). */
export const vote: TransactionRule<BodyValues['vote']> = {
  validate(state, { proposal }) {
    const row = state.proposals.get(proposal);
    if (row === undefined) return 'UNKNOWN_PROPOSAL';
    return row.status === 'voting' ? 'OK' : 'VOTING_OVER';
  },
  apply(state, { proposal, choice }, { sender }) {
    state.votes.put({ proposal, voter: sender, choice });
    return [{ type: 'voted', proposal, voter: sender, choice }];
  },
};
