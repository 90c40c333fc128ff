import {
  type AuditorSlot,
  auditorStates,
  type BodyValues,
  equalBytes,
  type ResultCode,
  verdicts,
} from '@assay/protocol';
import { markSeen } from '../presence.ts';
import type { LedgerView } from '../state.ts';
import type { TransactionRule } from './rule.ts';

/** An auditor's place in an audit. */
export interface Seat {
  readonly audit: number;
  readonly place: number;
  readonly slot: AuditorSlot;
}

/** Where the validator with this key sits in the open audit of a task, or why it does not (§10.2). */
export function findSeat(state: LedgerView, taskId: Uint8Array, publicKey: Uint8Array): Seat | ResultCode {
  const audit = state.auditOf(taskId);
  if (audit === undefined) return 'UNKNOWN_TASK';
  const { auditors, verdict } = state.audits.at(audit);
  const place = auditors.findIndex(({ validator }) => equalBytes(state.validators.at(validator).publicKey, publicKey));
  const slot = auditors[place];
  if (slot === undefined || slot.state === auditorStates.missed || verdict !== verdicts.open) return 'NOT_AUDITOR';
  return { audit, place, slot };
}

/** Whether a key is a validator's: audit messages are duties of validators (§1.6). */
export function isValidator(state: LedgerView, publicKey: Uint8Array): boolean {
  return state.roleOf('validator', publicKey) !== undefined;
}

/** Binds an auditor to its numbers before anyone sees them (§10.3). */
export const auditCommit: TransactionRule<BodyValues['auditCommit']> = {
  isDuty: (state, _body, publicKey) => isValidator(state, publicKey),
  validate(state, { taskId }, { publicKey }) {
    const seat = findSeat(state, taskId, publicKey);
    if (typeof seat === 'string') return seat;
    return seat.slot.state === auditorStates.drawn ? 'OK' : 'ALREADY_COMMITTED';
  },
  apply(state, { taskId, commitment }, { publicKey }) {
    const seat = findSeat(state, taskId, publicKey);
    if (typeof seat === 'string') throw new RangeError(`a valid commitment has no seat: ${seat}`);
    const { audit, place, slot } = seat;
    markSeen(state, { kind: 'validator', role: slot.validator }, state.globals.epoch); // §7.12
    const committed = { ...slot, commitment, state: auditorStates.committed, deadline: 0 };
    state.audits.update(audit, { auditors: state.audits.at(audit).auditors.with(place, committed) });
    return [];
  },
};
