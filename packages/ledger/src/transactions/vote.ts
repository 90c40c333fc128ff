import { type BodyValues, proposalStatuses, voteChoices } from '@assay/protocol';
import type { TransactionRule } from './rule.ts';

/** Votes on a proposal; a later vote of the same account takes the place of the earlier one (§12.1). */
export const vote: TransactionRule<BodyValues['vote']> = {
  validate(state, { proposal, choice }) {
    const row = state.proposals.get(proposal);
    if (row === undefined) return 'UNKNOWN_PROPOSAL';
    if (row.status !== proposalStatuses.voting) return 'VOTING_OVER';
    return choice > voteChoices.veto ? 'BAD_CHOICE' : 'OK';
  },
  apply(state, { proposal, choice }, { sender }) {
    state.votes.put({ proposal, voter: sender, choice });
    return [{ type: 'voted', proposal, voter: sender, choice }];
  },
};
