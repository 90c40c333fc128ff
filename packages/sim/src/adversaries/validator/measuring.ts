import type { Attack, Member } from '@assay/node/host/build-roles';
import { type AuditNumbers, noNumbers } from '@assay/protocol';
import type { Measurement, measure } from '@assay/roles/validator/index';

export type Measure = typeof measure;

/** A validator that is honest but for the numbers it gives. */
export function measuring(numbersOf: (honest: Measure, member: Member) => Measure): Attack {
  return (member) => member.make({ ...member.equipment, measure: numbersOf(member.equipment.measure, member) });
}

/** The numbers of an answer with which all is well. */
export function passed({ state, task }: Measurement): AuditNumbers {
  const positions = Math.min(task.tokensOut, state.params.audit.positions);
  return { ...noNumbers, finding: 'checked', positions };
}
