import {
  type AuditNumbers,
  AuditSecret,
  auditorStates,
  type BodyValues,
  equalBytes,
  findings,
  flaws,
  type ResultCode,
} from '@assay/protocol';
import { mayReveal } from '../audits.ts';
import { PPB } from '../integers.ts';
import type { LedgerState } from '../state.ts';
import { addWork } from '../tasks.ts';
import { workUnitsOf } from '../work.ts';
import { findSeat, isValidator, type Seat } from './auditCommit.ts';
import type { TransactionRule } from './rule.ts';

type Body = BodyValues['auditReveal'];

/** Opens an auditor's numbers; the ledger draws the verdict from them (§10.3). */
export const auditReveal: TransactionRule<Body> = {
  isDuty: (state, _body, publicKey) => isValidator(state, publicKey),
  validate(state, body, { publicKey }) {
    const seat = findSeat(state, body.taskId, publicKey);
    if (typeof seat === 'string') return seat;
    const { slot } = seat;
    if (slot.state === auditorStates.drawn) return 'NOT_COMMITTED';
    if (slot.state === auditorStates.revealed) return 'NOT_AUDITOR';
    if (!mayReveal(slot)) return 'REVEAL_TOO_EARLY'; // §10.3
    return numbersCode(state, body, seat);
  },
  apply(state, { taskId, numbers }, { publicKey }) {
    const seat = findSeat(state, taskId, publicKey);
    if (typeof seat === 'string') throw new RangeError(`a valid reveal has no seat: ${seat}`);
    const { audit, place, slot } = seat;
    const revealed = { ...slot, numbers, state: auditorStates.revealed };
    state.audits.update(audit, { auditors: state.audits.at(audit).auditors.with(place, revealed) });
    // An auditor that could not run the check has done nothing to be paid for.
    if (isResult(numbers)) countDuty(state, slot.validator, taskId);
    return [{ type: 'auditRevealed', taskId, validator: slot.validator, numbers }];
  },
};

function numbersCode(state: LedgerState, { taskId, numbers, nonce }: Body, { slot }: Seat): ResultCode {
  const { account } = state.validators.at(slot.validator);
  const commitment = AuditSecret.hashTreeRoot({ numbers, nonce, account });
  if (!equalBytes(commitment, slot.commitment)) return 'COMMITMENT_MISMATCH'; // §10.3
  const task = state.taskOf(taskId);
  const tokensOut = task === undefined ? 0 : state.tasks.at(task).tokensOut;
  return areNumbersSound(numbers, tokensOut, state.params.audit.positions) ? 'OK' : 'BAD_NUMBERS';
}

/**
 * A check looks at one position at least, when there is any output at all, and at no more than the network asks for; it
 * is malformed that has a flaw, and nothing else has one (§10.3).
 */
function areNumbersSound(numbers: AuditNumbers, tokensOut: number, maxPositions: number): boolean {
  const { finding, positions, t1Ppb, argmaxMismatches, choiceMismatches, flaw } = numbers;
  const least = finding === findings.checked && tokensOut > 0 ? 1 : 0;
  return (
    finding <= findings.otherEngine &&
    positions >= least &&
    positions <= maxPositions &&
    argmaxMismatches <= positions &&
    choiceMismatches <= positions &&
    (finding === findings.malformed) === (flaw !== flaws.none) &&
    isKnownFlaw(flaw) &&
    BigInt(t1Ppb) <= PPB
  );
}

function isKnownFlaw(flaw: number): boolean {
  return Object.values<number>(flaws).includes(flaw);
}

function isResult({ finding }: AuditNumbers): boolean {
  return finding !== findings.noResult && finding !== findings.otherEngine;
}

/** A duty done, and work of the size of the task that was re-checked (economics §8.3). */
function countDuty(state: LedgerState, validator: number, taskId: Uint8Array): void {
  const index = state.taskOf(taskId);
  if (index === undefined) throw new RangeError('a task under audit is not kept');
  const task = state.tasks.at(index);
  addWork(state, validator, workUnitsOf(state.params, state.models.at(task.model), task));
  state.validators.update(validator, { epochDuties: state.validators.at(validator).epochDuties + 1 });
}
