import {
  type BodyValues,
  type ProposalAction,
  proposalActions,
  proposalStatuses,
  type ResultCode,
} from '@assay/protocol';
import { changedParams, isProblem } from '../parameters.ts';
import type { LedgerState } from '../state.ts';
import type { TransactionRule } from './rule.ts';

/** Puts an action to the vote and locks the deposit (§12.1). */
export const propose: TransactionRule<BodyValues['propose']> = {
  validate(state, { action }, { availableUnits }) {
    if (action.selector === proposalActions.treasurySpend && action.value.amountUnits === 0n) return 'ZERO_AMOUNT';
    if (state.params.governance.depositUnits > availableUnits) return 'INSUFFICIENT_BALANCE';
    return actionCode(state, action);
  },
  apply(state, { action }, { sender }) {
    const { depositUnits, votingEpochs, delayEpochs } = state.params.governance;
    state.debit(sender, depositUnits);
    const endEpoch = state.globals.epoch + votingEpochs;
    const executeEpoch = endEpoch + delayEpochs;
    const { voting: status } = proposalStatuses;
    const proposal = state.proposals.push({ proposer: sender, action, status, depositUnits, endEpoch, executeEpoch });
    return [{ type: 'proposed', proposal, proposer: sender }];
  },
};

/** §12.2 A value that could not take effect today is refused at once. */
function actionCode(state: LedgerState, action: ProposalAction): ResultCode {
  if (action.selector !== proposalActions.parameterChange) return 'OK';
  const changed = changedParams(state.params, action.value);
  return isProblem(changed) ? changed.code : 'OK';
}
