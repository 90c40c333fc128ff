import { type AuditNumbers, type AuditRow, auditorStates, type TaskRow, verdicts } from '@assay/protocol';
import type { LedgerView } from './state.ts';
import { type Opinion, type OpinionBasis, opinionOf, type Verdict } from './verdict.ts';

/** What one auditor of an audit said. */
export interface Voice {
  readonly validator: number;
  readonly numbers: Readonly<AuditNumbers>;
  readonly opinion: Opinion;
}

type Judged = Pick<TaskRow, 'model' | 'miner'>;

/** What numbers are read against: the pool is that of the verdict, or the miner's own while there is none. */
export function opinionBasis(state: LedgerView, audit: Readonly<AuditRow> | null, task: Judged): OpinionBasis {
  const { t1ThresholdPpb } = state.models.at(task.model);
  // verification §4.7 The verdict itself moves the pool it is drawn from.
  const isOpen = audit === null || audit.verdict === verdicts.open;
  const { mismatchesMilli } = isOpen ? state.miners.at(task.miner) : audit;
  return { t1ThresholdPpb, mismatchesMilli };
}

/** What the auditors who revealed said, in the order of their draw. */
export function voicesOf(state: LedgerView, audit: Readonly<AuditRow>, task: Judged): Voice[] {
  const basis = opinionBasis(state, audit, task);
  return audit.auditors
    .filter((slot) => slot.state === auditorStates.revealed)
    .map(({ validator, numbers }) => ({ validator, numbers, opinion: opinionOf(numbers, basis) }));
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
