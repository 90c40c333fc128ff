import type { AuditorSlot, AuditRow, TaskRow } from '@assay/protocol';
import { isDisputed } from '../batch/tasks.ts';
import { commonEngine, weightsOfEngine } from '../draw/common-engine.ts';
import { impartialWeights } from '../draw/impartial.ts';
import type { LedgerView } from '../state/state.ts';

type Judged = Readonly<TaskRow>;

/** Who may judge an answer, by weight: neither its miner's people, nor who disputes it (§10.2, §8.6). */
export function impartialTo(state: LedgerView, task: Judged, used: readonly AuditorSlot[] = []): bigint[] {
  const { operator, owner } = state.miners.at(task.miner);
  const accusers = isDisputed(task) ? [state.mixers.at(task.mixer).account] : [];
  const usedValidators = used.map(({ validator }) => validator);
  return impartialWeights(state, [operator, owner, ...accusers], usedValidators);
}

/** The engine that all auditors of an answer will have, if it is drawn now (§10.2.1). */
export function engineFor(state: LedgerView, task: Judged): Uint8Array {
  return commonEngine(state, task, impartialTo(state, task));
}

/** Who may be drawn for an audit that is open, by weight. */
export function judgeWeights(
  state: LedgerView,
  task: Judged,
  { auditors, engine }: Pick<AuditRow, 'auditors' | 'engine'>,
): readonly bigint[] {
  return weightsOfEngine(state, impartialTo(state, task, auditors), engine);
}
