import type { BodyValues } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { invariant } from '../arithmetic/invariant.ts';
import { caseIndexOf } from '../cases/cases.ts';
import { stakeOf } from '../stake/stakes.ts';
import type { TransactionRule } from './rule.ts';

/** The owner of a fined stake leaves a bond, and the foundation decides instead of the deadline (§10.7). */
export const appealCase: TransactionRule<BodyValues['appealCase']> = {
  validate(state, { case: id }, { sender, availableUnits }) {
    if (state.params.cases.appealBondUnits > availableUnits) return 'INSUFFICIENT_BALANCE';
    const index = caseIndexOf(state, id);
    if (index === undefined) return 'UNKNOWN_CASE';
    const row = state.cases.at(index);
    const owner = stakeOf(state, row.kind, row.role)?.owner;
    if (owner === undefined || !equalBytes(owner, sender)) return 'NOT_OWNER';
    return row.status === 'pending' ? 'OK' : 'CASE_NOT_OPEN';
  },
  apply(state, { case: id }, { sender }) {
    const index = caseIndexOf(state, id);
    invariant(index !== undefined, `a valid appeal is about no case: ${id}`);
    const { appealBondUnits: bondUnits, reviewEpochs } = state.params.cases;
    const { votingEpochs, delayEpochs } = state.params.governance;
    state.debit(sender, bondUnits);
    // §10.7.1 A vote that begins with the appeal may name those who decide.
    const deadlineEpoch = state.globals.epoch + votingEpochs + delayEpochs + reviewEpochs;
    state.cases.update(index, { status: 'review', appellant: sender, bondUnits, deadlineEpoch });
    return [{ type: 'caseAppealed', case: id, bondUnits }];
  },
};
