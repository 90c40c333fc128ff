import { limits, type MinerRow, type NoiseProfile, type Ref } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { PPB } from '../arithmetic/integers.ts';
import { isDisputed } from '../batch/tasks.ts';
import { countOf, impartialWeights } from '../draw/impartial.ts';
import { voicesOf } from '../draw/voices.ts';
import { auditRatePpb } from '../standing/trust.ts';
import type { LedgerView } from '../state/state.ts';
import { MOST_FIRST_AUDITORS } from './open-audit.ts';

/** Auditors that look once more at a planted answer that was passed. */
export const FRESH_AUDITORS = MOST_FIRST_AUDITORS + 1;

/**
 * What an audit has come to for a miner that planted the answer (§10.25): an auditor has found that its numbers are
 * wrong and others still look, or it was passed; null when there is nothing to open.
 */
export function plantStage(state: LedgerView, taskId: Uint8Array): 'found' | 'passed' | null {
  const [index, taskIndex] = [state.auditOf(taskId), state.taskOf(taskId)];
  if (index === undefined || taskIndex === undefined) return null;
  const [audit, task] = [state.audits.at(index), state.tasks.at(taskIndex)];
  if (audit.isPlanted) return null;
  if (audit.verdict === 'open') {
    const isFound = voicesOf(state, audit, task).some(({ opinion }) => opinion === 'soft' || opinion === 'hard');
    return isFound ? 'found' : null;
  }
  const isTold = task.status === 'approved' || task.status === 'settled';
  const isPassed = audit.verdict === 'pass' && isTold && !audit.isSecond && !isDisputed(task);
  return isPassed && audit.auditors.length + FRESH_AUDITORS <= limits.maxAuditorsPerTask ? 'passed' : null;
}

/**
 * Whether it is worth a miner's while to plant an answer (§14.13): not all of its answers are audited, as many
 * validators may judge it as look once more, and where there are noise profiles one names its engine.
 */
export function mayPlant(state: LedgerView, index: Ref<'miners'>): boolean {
  const miner = state.miners.standing(index);
  const judges = countOf(impartialWeights(state, [miner.operator, miner.owner], []));
  const isComparable =
    state.profiles.length === 0 || Array.from(state.profiles).some((profile) => names(profile, miner));
  return auditRatePpb(state.params.audit, miner) < Number(PPB) && judges >= FRESH_AUDITORS && isComparable;
}

function names({ minerEngine, auditorEngine }: NoiseProfile, { engine }: Pick<MinerRow, 'engine'>): boolean {
  return equalBytes(minerEngine, engine) || equalBytes(auditorEngine, engine);
}
