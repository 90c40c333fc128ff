import type { AuditRow, LedgerEvent, Ref, TaskRow } from '@assay/protocol';
import { addWork } from '../batch/tasks.ts';
import { workUnitsOf } from '../batch/work.ts';
import { offenceFine, openCase } from '../cases/cases.ts';
import type { Opinion } from '../draw/verdict.ts';
import { falseVoices, voicesOf } from '../draw/voices.ts';
import { reachOf } from '../stake/fines.ts';
import type { LedgerState } from '../state/state.ts';

/**
 * Pays attention to how each auditor judged once the verdict is there: a duty for those it does not contradict, a
 * strike and a case for those it does (§10.21, §10.22).
 */
export function judgeAuditors(state: LedgerState, audit: Readonly<AuditRow>, task: Readonly<TaskRow>): LedgerEvent[] {
  const accused = falseVoices(state, audit, task);
  return voicesOf(state, audit, task).flatMap(({ validator, opinion, isJudged }) => {
    if (accused.includes(validator)) return accuse(state, validator, task);
    if (!isJudged) countDuty(state, validator, opinion, task);
    return [];
  });
}

/** Nobody is rewarded for it, so that nobody gains by contradicting. */
function accuse(state: LedgerState, validator: Ref<'validators'>, { taskId, model }: Readonly<TaskRow>): LedgerEvent[] {
  state.validators.update(validator, { strikes: state.validators.at(validator).strikes + 1 });
  const fined = { kind: 'validator' as const, role: validator };
  const proposedUnits = offenceFine(reachOf(state, fined), state.params.cases);
  const matter = { subject: taskId, model, priceUnits: null, finders: [] };
  return openCase(state, { cause: 'falseVerdict', ...fined, ...matter, proposedUnits });
}

/**
 * §10.22 A no-result, or no artifact, is a duty as long as the auditor could check as many others; it is no work
 * (economics §8.3).
 */
function countDuty(state: LedgerState, validator: Ref<'validators'>, opinion: Opinion, task: Readonly<TaskRow>): void {
  const { noResultsLeft } = state.powers.at(validator);
  const isFinding = opinion !== 'noResult' && opinion !== 'missing';
  if (!isFinding && noResultsLeft === 0) return;
  state.powers.update(validator, { noResultsLeft: noResultsLeft + (isFinding ? 1 : -1) });
  if (isFinding) addWork(state, validator, workUnitsOf(state.params, state.models.at(task.model), task));
  state.validators.update(validator, { epochDuties: state.validators.at(validator).epochDuties + 1 });
}
