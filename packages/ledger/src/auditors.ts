import { type AuditRow, auditorStates, stakeKinds, type TaskRow, verdicts } from '@assay/protocol';
import { offenceFine, openCase } from './cases.ts';
import { reachOf } from './fines.ts';
import type { LedgerEvent } from './result.ts';
import type { LedgerState, LedgerView } from './state.ts';
import { addWork } from './tasks.ts';
import { type Opinion, opinionOf, type Verdict } from './verdict.ts';
import { workUnitsOf } from './work.ts';

/** What one auditor of an audit said. */
interface Voice {
  readonly validator: number;
  readonly opinion: Opinion;
}

/** What the auditors who revealed said, in the order of their draw. */
export function voicesOf(state: LedgerView, audit: Readonly<AuditRow>, task: Readonly<TaskRow>): Voice[] {
  const { t1ThresholdPpb } = state.models.at(task.model);
  // verification §4.7 The pool that the verdict is drawn from, which the verdict itself moves.
  const { mismatchesMilli } = audit.verdict === verdicts.open ? state.miners.at(task.miner) : audit;
  return audit.auditors
    .filter((slot) => slot.state === auditorStates.revealed)
    .map(({ validator, numbers }) => {
      return { validator, opinion: opinionOf(numbers, { t1ThresholdPpb, mismatchesMilli }) };
    });
}

/**
 * Pays attention to how each auditor judged once the verdict is there: a duty for those it does not contradict, a
 * strike and a case for those it does (§10.21, §10.22).
 */
export function judgeAuditors(
  state: LedgerState,
  audit: Readonly<AuditRow>,
  task: Readonly<TaskRow>,
  verdict: Verdict,
): LedgerEvent[] {
  const voices = voicesOf(state, audit, task);
  const falseOpinion = falseOpinionOf(voices, verdict);
  return voices.flatMap(({ validator, opinion }) => {
    if (opinion === falseOpinion) return accuse(state, validator, task);
    countDuty(state, validator, opinion, task);
    return [];
  });
}

/**
 * §10.21 The opinion that a verdict proves false: a pass of what two others found hard, or hard of what two others
 * passed. A missing artifact is no measurement: who keeps it chooses who gets it.
 */
export function falseOpinionOf(voices: readonly Voice[], verdict: Verdict | 'open'): Opinion | null {
  const count = (wanted: Opinion) => voices.filter(({ opinion }) => opinion === wanted).length;
  if (verdict === 'pass') return count('pass') >= 2 ? 'hard' : null;
  if (verdict === 'soft' || verdict === 'hard') return count('hard') >= 2 ? 'pass' : null;
  return null;
}

/** Nobody is rewarded for it, so that nobody gains by contradicting. */
function accuse(state: LedgerState, validator: number, { taskId, model }: Readonly<TaskRow>): LedgerEvent[] {
  state.validators.update(validator, { strikes: state.validators.at(validator).strikes + 1 });
  const fined = { kind: stakeKinds.validator, role: validator };
  const proposedUnits = offenceFine(reachOf(state, fined), state.params.cases);
  const matter = { subject: taskId, model, priceUnits: null, finders: [] };
  return openCase(state, { cause: 'falseVerdict', ...fined, ...matter, proposedUnits });
}

/** §10.22 A no-result is a duty as long as the auditor could check as many others; it is no work (economics §8.3). */
function countDuty(state: LedgerState, validator: number, opinion: Opinion, task: Readonly<TaskRow>): void {
  const { noResultsLeft } = state.powers.at(validator);
  const isFinding = opinion !== 'noResult';
  if (!isFinding && noResultsLeft === 0) return;
  state.powers.update(validator, { noResultsLeft: noResultsLeft + (isFinding ? 1 : -1) });
  if (isFinding) addWork(state, validator, workUnitsOf(state.params, state.models.at(task.model), task));
  state.validators.update(validator, { epochDuties: state.validators.at(validator).epochDuties + 1 });
}
