import {
  type AuditNumbers,
  type AuditRow,
  AuditSecret,
  type BodyValues,
  noProfile,
  type Opening,
  type ResultCode,
  type TaskRow,
} from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { PPB } from '../arithmetic/integers.ts';
import { mayReveal } from '../audit/audits.ts';
import { isProfileOf } from '../draw/profiles.ts';
import { noEngine } from '../state/roles.ts';
import type { LedgerState } from '../state/state.ts';
import { listRule, type Seat } from './audit-items.ts';
import type { TransactionRule } from './rule.ts';

/** Neither surprise, entropy nor variance of a token drawn from 64 is more, thousandths (verification §3.2). */
const MOST_SURPRISE_MILLI = 11_000;

/** Opens an auditor's numbers; the ledger draws the verdict from them (§10.3). */
export const auditReveal: TransactionRule<BodyValues['auditReveal']> = listRule<Opening>({
  validate(state, item, seat) {
    const { slot } = seat;
    if (slot.state === 'drawn') return 'NOT_COMMITTED';
    if (slot.state === 'revealed') return 'NOT_AUDITOR';
    if (!mayReveal(slot)) return 'REVEAL_TOO_EARLY'; // §10.3
    return numbersCode(state, item, seat);
  },
  apply(state, { taskId, numbers }, { audit, index, slot }) {
    const revealed = { ...slot, numbers, state: 'revealed' as const };
    state.setAuditors(audit, state.audits.at(audit).auditors.with(index, revealed));
    return [{ type: 'auditRevealed', taskId, validator: slot.validator, numbers }];
  },
});

function numbersCode(state: LedgerState, { taskId, numbers, nonce }: Opening, { slot, audit }: Seat): ResultCode {
  const { account } = state.validators.at(slot.validator);
  const commitment = AuditSecret.hashTreeRoot({ numbers, nonce, account });
  if (!equalBytes(commitment, slot.commitment)) return 'COMMITMENT_MISMATCH'; // §10.3
  const index = state.taskOf(taskId);
  const task = index === undefined ? null : state.tasks.at(index);
  const { engine } = state.audits.at(audit);
  const isKnown = task !== null && isProfileKnown(state, { ...numbers, engine }, task);
  const isSound = areNumbersSound(numbers, task?.tokensOut ?? 0, state.params.audit.positions);
  return isKnown && isSound ? 'OK' : 'BAD_NUMBERS';
}

/**
 * Whether there is the profile that numbers name, and the miner runs the engine of its pair, or did (§3.8). Where all
 * auditors have one engine, none of them checks by the limits of another (§10.2.1).
 */
function isProfileKnown(
  state: LedgerState,
  { profile, isPair, finding, engine: auditEngine }: AuditNumbers & Pick<AuditRow, 'engine'>,
  task: Readonly<TaskRow>,
): boolean {
  const { engine, earlierEngine } = state.miners.at(task.miner);
  const isMiners = (each: Uint8Array) => equalBytes(each, engine) || equalBytes(each, earlierEngine);
  const isBound = finding === 'checked' && !equalBytes(auditEngine, noEngine);
  if (profile === noProfile) return !isPair && (!isBound || isMiners(auditEngine));
  if (!isProfileOf(state, profile, task.model)) return false;
  const { minerEngine, auditorEngine } = state.profiles.at(profile);
  if (isBound && !(isPair && equalBytes(auditorEngine, auditEngine))) return false;
  return !isPair || isMiners(minerEngine);
}

/**
 * A check looks at one position at least, when there is any output at all, and at no more than the network asks for; it
 * is malformed that has a flaw, and nothing else has one (§10.3).
 */
function areNumbersSound(numbers: AuditNumbers, tokensOut: number, maxPositions: number): boolean {
  const { finding, positions, t1Ppb, argmaxMismatches, choiceMismatches, flaw, surprise } = numbers;
  const least = finding === 'checked' && tokensOut > 0 ? 1 : 0;
  return (
    positions >= least &&
    positions <= maxPositions &&
    argmaxMismatches <= positions &&
    choiceMismatches <= positions &&
    Object.values(surprise).every((milli) => milli <= MOST_SURPRISE_MILLI * positions) &&
    (finding === 'malformed') === (flaw !== 'none') &&
    BigInt(t1Ppb) <= PPB
  );
}
