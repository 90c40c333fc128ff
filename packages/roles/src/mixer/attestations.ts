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
export function keyOfAttestation({ value }: Attestation): string {
  if ('receipt' in value) return toHex(value.receipt.taskId);
  if ('report' in value) return reportKey(value.report);
  const { transition } = value;
  return lateKey({ ...transition, taskId: taskIdOf(transition) });
}

/** A mixer reports on a miner once in an epoch. */
export function reportKey({ miner }: { miner: Ref<'miners'> }): string {
  return `measured/${miner}`;
}

export function lateKey({
  taskId,
  attempt,
  miner,
}: {
  taskId: Uint8Array;
  attempt: number;
  miner: Ref<'miners'>;
}): string {
  return `${toHex(taskId)}/${attempt}/${miner}`;
}

/** Attestations as a batch holds them. */
export function contentsOf(attestations: readonly Attestation[]): Omit<BodyValues['certifiedBatch'], 'certificate'> {
  return {
    receipts: attestations.flatMap(({ value }) => ('receipt' in value ? [value.receipt] : [])),
    records: {
      transitions: attestations.flatMap(({ value }) => ('transition' in value ? [value.transition] : [])),
      reports: attestations.flatMap(({ value }) => ('report' in value ? [value.report] : [])),
    },
  };
}
