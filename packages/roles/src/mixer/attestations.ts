import type { LedgerView } from '@assay/ledger';
import {
  type Attestation,
  type BodyValues,
  type MeasuredMiner,
  type Receipt,
  type Ref,
  type TaskEvidence,
  type Transition,
  type TransitionEvidence,
  taskIdOf,
} from '@assay/protocol';
import { toHex } from '@assay/ssz';

/** What one mixer certifies with the others, with the evidence for it (§7.1). */
export interface FinishedTask {
  readonly receipt: Receipt;
  readonly evidence: TaskEvidence;
}
export interface LateTask {
  readonly transition: Transition;
  readonly evidence: TransitionEvidence;
}

export const ofReceipt = (value: FinishedTask): Attestation => ({ kind: 'receipt', value });
export const ofTransition = (value: LateTask): Attestation => ({ kind: 'transition', value });
export const ofReport = (value: MeasuredMiner): Attestation => ({ kind: 'report', value });

/** Identity among what waits: a task's own id for its receipt, so that it is found by it. */
export function keyOfAttestation({ kind, value }: Attestation): string {
  if (kind === 'receipt') return toHex(value.receipt.taskId);
  if (kind === 'report') return reportKey(value.report);
  const { transition } = value;
  return lateKey({ ...transition, taskId: taskIdOf(transition) });
}

/** A mixer reports on a miner once in an epoch. */
export function reportKey({ miner }: { miner: Ref<'miners'> }): string {
  return `measured/${miner}`;
}

/** §8.1.2 Whether the chain has a mixer's report on a miner of an epoch. */
export function isReported(
  { measures }: LedgerView,
  { mixer, miner, epoch }: { readonly mixer: number; readonly miner: number; readonly epoch: number },
): boolean {
  const row = measures.of(miner);
  return row?.epoch === epoch && row.reports.some((report) => report.mixer === mixer);
}

export function lateKey({ taskId, attempt, miner }: { taskId: Uint8Array; attempt: number; miner: number }): string {
  return `${toHex(taskId)}/${attempt}/${miner}`;
}

/** Attestations as a batch holds them. */
export function contentsOf(attestations: readonly Attestation[]): Omit<BodyValues['certifiedBatch'], 'certificate'> {
  return {
    receipts: attestations.flatMap(({ kind, value }) => (kind === 'receipt' ? [value.receipt] : [])),
    records: {
      transitions: attestations.flatMap(({ kind, value }) => (kind === 'transition' ? [value.transition] : [])),
      reports: attestations.flatMap(({ kind, value }) => (kind === 'report' ? [value.report] : [])),
    },
  };
}
