import { limits, type MinerRow, type NoiseProfile, type Ref } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { isDisputed } from '../batch/tasks.ts';
import { countOf, impartialWeights } from '../draw/impartial.ts';
import type { LedgerView } from '../state/state.ts';
import { MOST_FIRST_AUDITORS } from './open-audit.ts';

/** Auditors that look once more at a planted answer that was passed. */
export const FRESH_AUDITORS = MOST_FIRST_AUDITORS + 1;

/**
 * What an audit has come to for a miner that planted the answer (§10.25.1): an auditor has found that its numbers are
 * wrong and the verdict waits, or it was passed; null when there is nothing to open. No earlier: who is drawn yet must
 * not know, and all who looked are compared with who did not.
 */
export function plantStage(state: LedgerView, taskId: Uint8Array): 'found' | 'passed' | null {
  const [index, taskIndex] = [state.auditOf(taskId), state.taskOf(taskId)];
  if (index === undefined || taskIndex === undefined) return null;
  const [audit, task] = [state.audits.at(index), state.tasks.at(taskIndex)];
  if (audit.isPlanted) return null;
  if (audit.verdict === 'open') return audit.waitUntil > 0 ? 'found' : null;
  const isTold = task.status === 'approved' || task.status === 'settled';
  const isPassed = audit.verdict === 'pass' && isTold && !audit.isSecond && !isDisputed(task);
  return isPassed && audit.auditors.length + FRESH_AUDITORS <= limits.maxAuditorsPerTask ? 'passed' : null;
}

/**
 * Whether a plant of this miner could show who does not look (§14.13): as many validators may judge it as look once
 * more, and where there are noise profiles one names its engine.
 */
export function mayPlant(state: LedgerView, index: Ref<'miners'>): boolean {
  const miner = state.miners.standing(index);
  const judges = countOf(impartialWeights(state, [miner.operator, miner.owner], []));
  const isComparable =
    state.profiles.length === 0 || Array.from(state.profiles).some((profile) => names(profile, miner));
  return judges >= FRESH_AUDITORS && isComparable;
}

function names({ minerEngine, auditorEngine }: NoiseProfile, { engine }: Pick<MinerRow, 'engine'>): boolean {
  return equalBytes(minerEngine, engine) || equalBytes(auditorEngine, engine);
}
