import type { BodyValues, LedgerEvent } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { invariant } from '../arithmetic/invariant.ts';
import { caseIndexOf, dismissCase, executeCase, isFoundation } from '../cases/cases.ts';
import type { LedgerState } from '../state/state.ts';
import type { IndexOf } from '../state/state-tables.ts';
import type { TransactionRule } from './rule.ts';

/** A member of the foundation says whether a fine is to be taken; enough that agree decide (§10.6). */
export const decideCase: TransactionRule<BodyValues['decideCase']> = {
  validate(state, { case: id }, { sender }) {
    const index = caseIndexOf(state, id);
    if (index === undefined) return 'UNKNOWN_CASE';
    const row = state.cases.at(index);
    if (!isFoundation(state, sender)) return 'NOT_FOUNDATION';
    if (row.status !== 'review') return 'CASE_NOT_OPEN';
    const hasDecided = [...row.approvals, ...row.refusals].some((member) => equalBytes(member, sender));
    return hasDecided ? 'ALREADY_DECIDED' : 'OK';
  },
  apply(state, { case: id, isFine }, { sender, height }) {
    const index = caseIndexOf(state, id);
    invariant(index !== undefined, `a valid opinion is about no case: ${id}`);
    const { approvals, refusals } = state.cases.at(index);
    if (isFine) state.cases.update(index, { approvals: [...approvals, sender] });
    else state.cases.update(index, { refusals: [...refusals, sender] });
    return [{ type: 'caseOpinion', case: id, member: sender, isFine }, ...outcome(state, index, height)];
  },
};

/** §10.6 Opinions of those who have left the foundation since do not count. */
function outcome(state: LedgerState, index: IndexOf<'cases'>, height: number): LedgerEvent[] {
  const decision = { by: 'foundation', height } as const;
  const { foundation, foundationQuorum } = state.params.cases;
  const { approvals, refusals } = state.cases.at(index);
  const countOf = (members: readonly Uint8Array[]) => members.filter((member) => isFoundation(state, member)).length;
  if (countOf(approvals) >= foundationQuorum) return executeCase(state, index, decision);
  const isHopeless = foundation.length - countOf(refusals) < foundationQuorum;
  return isHopeless ? dismissCase(state, index, decision) : [];
}
