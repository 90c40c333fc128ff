import type { BodyValues } from '@assay/protocol';
import { actionCode } from '../governance/actions.ts';
import type { LedgerState } from '../state/state.ts';
import type { TransactionRule } from './rule.ts';

/** Puts an action to the vote and locks the deposit (§12.1). */
export const propose: TransactionRule<BodyValues['propose']> = {
  validate(state, { action }, { availableUnits }) {
    // §12.2 What could not take effect today is refused at once; an upgrade must come after its decision.
    const earliestHeight = (epochsOf(state).executeEpoch + 1) * state.params.epochBlocks;
    const code = actionCode(state, action, earliestHeight);
    if (code === 'ZERO_AMOUNT') return code;
    return state.params.governance.depositUnits > availableUnits ? 'INSUFFICIENT_BALANCE' : code;
  },
  apply(state, { action }, { sender }) {
    const { depositUnits } = state.params.governance;
    state.debit(sender, depositUnits);
    const opened = { proposer: sender, action, status: 'voting' as const, depositUnits };
    const proposal = state.proposals.push({ ...opened, ...epochsOf(state) });
    return [{ type: 'proposed', proposal, proposer: sender }];
  },
};

/** The epochs at whose ends the votes are counted, and the action is carried out. */
function epochsOf({ params, globals }: LedgerState): { readonly endEpoch: number; readonly executeEpoch: number } {
  const { votingEpochs, delayEpochs } = params.governance;
  const endEpoch = globals.epoch + votingEpochs;
  return { endEpoch, executeEpoch: endEpoch + delayEpochs };
}
