import type { LedgerView } from '@assay/ledger';
import { type AuditRow, auditorStates, type TaskRow, verdicts } from '@assay/protocol';

/** What the ledger expects of one validator now (§10.3). */
export interface Duty {
  readonly step: 'commit' | 'reveal';
  readonly task: TaskRow;
  readonly audit: AuditRow;
}

/** The open duties of a validator, oldest first. */
export function dutiesOf(state: LedgerView, validator: number): Duty[] {
  const duties: Duty[] = [];
  for (const audit of state.audits) {
    if (audit.verdict !== verdicts.open) continue;
    const slot = audit.auditors.find((auditor) => auditor.validator === validator);
    const index = state.taskOf(audit.taskId);
    const task = index === undefined ? undefined : state.tasks.get(index);
    if (slot === undefined || task === undefined) continue;
    if (slot.state === auditorStates.drawn) duties.push({ step: 'commit', task, audit });
    if (slot.state === auditorStates.committed) duties.push({ step: 'reveal', task, audit });
  }
  return duties;
}
