import {
  type AuditRow,
  type CaseCause,
  type CaseRow,
  type CaseStatus,
  type Flaw,
  type LedgerEvent,
  type MinerRow,
  noModel,
  type Params,
  type Ref,
  type RoleStatus,
  type TaskRow,
} from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { apportion } from '../arithmetic/apportion.ts';
import { capped, MAX_UNITS, PPB } from '../arithmetic/integers.ts';
import { itemAt } from '../arithmetic/invariant.ts';
import { priceOf } from '../batch/receipts.ts';
import { voicesOf } from '../draw/voices.ts';
import { type Held, holdFine, type Reach, reachOf, returnFine, roomOf } from '../stake/fines.ts';
import { payMiner } from '../stake/forfeits.ts';
import { beginUnbonding, setStake } from '../stake/stakes.ts';
import { noEvidence, ONE_AUDIT_MICRO } from '../standing/standing.ts';
import { cappedTrust, trustPpbOf } from '../standing/trust.ts';
import type { LedgerState, LedgerView } from '../state/state.ts';
import type { IndexOf } from '../state/state-tables.ts';

const NOBODY = new Uint8Array(20);

/** What a case is opened with. */
export interface Charge extends Pick<CaseRow, 'kind' | 'role' | 'subject' | 'model' | 'proposedUnits' | 'finders'> {
  readonly cause: CaseCause;
  /** Of the task that failed; null for any other matter. */
  readonly priceUnits: bigint | null;
  /** Who paid for that task, or for all of an ejection's evidence, and the flaw. */
  readonly payer?: Uint8Array;
  readonly flaw?: Flaw;
  /** Of an ejection: what the miner was. */
  readonly priorStatus?: RoleStatus;
}

/** Who or what ended a case, opinions or its deadline, and in which block. */
export interface Decision {
  readonly by: 'foundation' | 'time';
  readonly height: number;
}

/**
 * The fine for one confirmed failure before its caps, φ = factor · gain / (floor audit rate · detection) (economics
 * §6.3): linear in the price, so that no number of cheated tasks comes cheaper than another.
 */
export function proposedFine(priceUnits: bigint, { cases, audit }: Pick<Params, 'cases' | 'audit'>): bigint {
  const caught = BigInt(audit.floorPpb) * BigInt(cases.detectionPpb);
  if (caught === 0n) return 0n;
  return capped((priceUnits * BigInt(cases.factorPpb) * BigInt(cases.gainPpb)) / caught, MAX_UNITS);
}

/** What is taken for a proven offence before the caps: a part of all that can be reached (economics §6.6). */
export function offenceFine({ stakeUnits, leavingUnits }: Reach, { offencePpb }: Params['cases']): bigint {
  return ((stakeUnits + leavingUnits) * BigInt(offencePpb)) / PPB;
}

/** Opens a case against the miner of a task whose audit confirmed a failure. */
export function openFailureCase(state: LedgerState, audit: Readonly<AuditRow>, task: Readonly<TaskRow>): LedgerEvent[] {
  const { taskId: subject, miner: role, model } = task;
  const { isBackground, payer } = state.sessions.at(task.session);
  const priceUnits = isBackground ? priceOf(state.models.at(model), task) : task.priceUnits;
  const cause = audit.verdict === 'hard' ? 'hardFailure' : 'softFailure';
  const proposedUnits = proposedFine(priceUnits, state.params);
  const accusers = voicesOf(state, audit, task).filter(({ opinion }) => !['pass', 'noResult'].includes(opinion));
  const finders = accusers.map(({ validator }) => state.validators.at(validator).account);
  const matter = { subject, model, priceUnits, payer, flaw: commonFlaw(accusers.map(({ numbers }) => numbers)) };
  return openCase(state, { cause, kind: 'miner', role, ...matter, proposedUnits, finders });
}

/**
 * Opens a case and holds its fine, within the caps; none when nothing could be taken, but for a hard failure, which the
 * epoch hangs on (economics §6.7), and an ejection, which is decided with it (§10.16).
 */
export function openCase(state: LedgerState, charge: Charge): LedgerEvent[] {
  const reach = reachOf(state, charge);
  const fineUnits = capped(charge.proposedUnits, roomOf(state, reach));
  const isHard = charge.cause === 'hardFailure' && charge.proposedUnits > 0n;
  const isOnRecord = isHard || charge.cause === 'ejection';
  if (fineUnits === 0n && !isOnRecord) return [];
  return pushCase(state, charge, { ...reach, held: holdFine(state, charge, fineUnits) });
}

/** Opens the case that an epoch's payments to a miner will go into (economics §6.7). */
export function openForfeit(state: LedgerState, miner: Ref<'miners'>, subject: Uint8Array): LedgerEvent[] {
  const nothing = { model: noModel, priceUnits: null, proposedUnits: 0n, finders: [] };
  const charge: Charge = { cause: 'forfeit', kind: 'miner', role: miner, subject, ...nothing };
  const held = { heldUnits: 0n, unbondingUnits: 0n, releaseEpoch: 0 };
  return pushCase(state, charge, { ...reachOf(state, charge), held });
}

function pushCase(state: LedgerState, charge: Charge, { held, ...reach }: Reach & { readonly held: Held }) {
  const { cause, kind, role, subject, model, proposedUnits, finders, priceUnits } = charge;
  const { payer = NOBODY, flaw = 'none', priorStatus = 'active' } = charge;
  const { cases } = state.params;
  const fineUnits = held.heldUnits + held.unbondingUnits;
  const { epoch, timeMs, openedCases: id } = state.globals;
  const { reviewEpochs, appealEpochs } = cases;
  const isReviewed = cases.foundationReview || isOneSided({ cause, payer, flaw });
  state.cases.push({
    id,
    cause,
    kind,
    role,
    subject,
    model,
    openedMs: timeMs,
    openedEpoch: epoch,
    payer,
    flaw,
    priorStatus,
    deadlineEpoch: epoch + (isReviewed ? reviewEpochs : appealEpochs),
    status: isReviewed ? 'review' : 'pending',
    proposedUnits,
    ...held,
    fineUnits,
    finders,
    approvals: [],
    refusals: [],
    isFrozen: false,
    appellant: NOBODY,
    bondUnits: 0n,
    decidedEpoch: 0,
  });
  state.setGlobals({ openedCases: id + 1 });
  const fine = { priceUnits, proposedUnits, ...reach, heldUnits: fineUnits };
  const event: LedgerEvent = { type: 'caseOpened', case: id, cause, kind, role, subject, ...fine };
  return [event];
}

/** §10.15.2 What one payer or one flaw says alone is not carried out by the clock. */
function isOneSided({ cause, payer, flaw }: Pick<CaseRow, 'cause' | 'payer' | 'flaw'>): boolean {
  return cause === 'ejection' && (flaw !== 'none' || !equalBytes(payer, NOBODY));
}

/** §10.6.2 Whether silence never executes it: the accusation is in doubt itself, or is one member's word. */
function isDoubted(row: Readonly<CaseRow>): boolean {
  return row.isFrozen || row.cause === 'byHand' || isOneSided(row);
}

function isAppealed({ appellant }: Pick<CaseRow, 'appellant'>): boolean {
  return !equalBytes(appellant, NOBODY);
}

/** What its deadline makes of an undecided case when nobody acts before: `due` is taken later, unless appealed. */
export type Silence = 'due' | 'executed' | 'dismissed';

/** §10.6.1 What silence makes of an undecided case. */
export function silenceOf({ params }: Pick<LedgerView, 'params'>, row: Readonly<CaseRow>): Silence {
  if (row.status === 'pending') return 'executed'; // §10.7
  if (!params.cases.automaticDecision || isDoubted(row)) return 'dismissed';
  return isAppealed(row) ? 'executed' : 'due'; // §10.7.1
}

/** Decides an undecided case whose time is over. */
export function decideByTime(state: LedgerState, index: IndexOf<'cases'>): LedgerEvent[] {
  const { epoch, height } = state.globals;
  const row = state.cases.at(index);
  const silence = silenceOf(state, row);
  if (silence === 'dismissed') return dismissCase(state, index, { by: 'time', height });
  if (silence === 'executed') return executeCase(state, index, { by: 'time', height });
  const deadlineEpoch = epoch + state.params.cases.appealEpochs;
  state.cases.update(index, { status: 'pending', deadlineEpoch });
  return [{ type: 'caseDue', case: row.id, deadlineEpoch }];
}

/** Index of the case of a number; undefined when there is none, or none any more. Numbers rise with the index. */
export function caseIndexOf({ cases }: LedgerView, id: Ref<'cases'>): IndexOf<'cases'> | undefined {
  let [low, high] = [0, cases.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = cases.at(middle).id;
    if (found === id) return middle;
    if (found < id) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}

/** The flaw that all of them name; `none` also for several. */
export function commonFlaw(named: readonly { readonly flaw: Flaw }[]): Flaw {
  const [first = 'none', ...others] = new Set(named.map(({ flaw }) => flaw));
  return others.length > 0 ? 'none' : first;
}

/** Takes the fine: a part to those who found it out, the rest burned, and an appeal's bond with it (§10.7). */
export function executeCase(state: LedgerState, index: IndexOf<'cases'>, decision: Decision): LedgerEvent[] {
  const row = state.cases.at(index);
  const { id, cause, role, heldUnits, unbondingUnits, appellant } = row;
  const fineUnits = heldUnits + unbondingUnits;
  // §10.7.1 An appeal that nobody heard costs no bond, and rewards nobody who counted on it.
  const isUnheard = decision.by === 'time' && isAppealed(row);
  if (isUnheard) state.credit(appellant, row.bondUnits);
  const bondUnits = isUnheard ? 0n : row.bondUnits;
  const finders = isUnheard ? [] : row.finders;
  const share = finders.length === 0 ? 0n : (fineUnits * BigInt(state.params.cases.rewardPpb)) / PPB;
  const parts = apportion(
    share,
    finders.map(() => 1n),
  );
  const rewards = finders.map((account, index) => ({ account, units: itemAt(parts, index) }));
  for (const { account, units } of rewards) state.credit(account, units);
  const burnedUnits = fineUnits - share + bondUnits;
  state.setGlobals({ burnedUnits: state.globals.burnedUnits + burnedUnits });
  endCase(state, index, 'executed');
  const executed: LedgerEvent = { type: 'caseExecuted', case: id, by: decision.by, fineUnits, rewards, burnedUnits };
  return cause === 'ejection' ? [executed, eject(state, role, decision.height)] : [executed];
}

/** Gives back what was held, and the bond of an appeal; of an ejection also its place to the miner. */
export function dismissCase(state: LedgerState, index: IndexOf<'cases'>, decision: Decision): LedgerEvent[] {
  const row = state.cases.at(index);
  if (row.cause === 'forfeit') payMiner(state, row.role, row.heldUnits);
  else returnFine(state, row);
  // §10.8 What a doubtful profile said is no evidence.
  if (row.isFrozen) state.miners.update(row.role, noEvidence);
  if (row.bondUnits > 0n) state.credit(row.appellant, row.bondUnits);
  endCase(state, index, 'dismissed');
  const returnedUnits = row.heldUnits + row.unbondingUnits;
  const dismissed: LedgerEvent = { type: 'caseDismissed', case: row.id, by: decision.by, returnedUnits };
  return row.cause === 'ejection' ? [dismissed, ...clear(state, row, decision)] : [dismissed];
}

/** economics §6.8 Nobody doubts it any more: what the case left of the collateral is on its way to the owner. */
function eject(state: LedgerState, miner: Ref<'miners'>, height: number): LedgerEvent {
  const { owner, cusumMilli, hardFailures, collateralUnits: returnedUnits } = state.miners.at(miner);
  state.miners.update(miner, { status: 'ejected', statusHeight: height });
  setStake(state, 'miner', miner, 0n);
  if (returnedUnits > 0n) beginUnbonding(state, { account: owner, kind: 'miner', role: miner }, returnedUnits);
  return { type: 'minerEjected', miner, cusumMilli, hardFailures, returnedUnits };
}

/**
 * §10.16 A miner whose ejection is dismissed gets its place back. When the foundation says so, all that hangs on the
 * same evidence is dismissed too, and the record is as if it had not been; silence forgives no failure.
 */
function clear(state: LedgerState, { role: miner, priorStatus }: Readonly<CaseRow>, decision: Decision): LedgerEvent[] {
  const row = state.miners.standing(miner);
  const isCleared = decision.by === 'foundation';
  state.miners.update(miner, isCleared ? clearedRecord(row) : noEvidence);
  if (row.status === 'held') {
    state.miners.update(miner, { status: priorStatus, statusHeight: decision.height });
  }
  const cleared: LedgerEvent = { type: 'minerCleared', miner };
  if (!isCleared) return [cleared];
  const open = [...state.cases].flatMap((each, index) => (isAboutAnswers(each, miner) ? [index] : []));
  return [cleared, ...open.flatMap((index) => dismissCase(state, index, decision))];
}

function endCase(state: LedgerState, index: IndexOf<'cases'>, status: CaseStatus): void {
  const decidedEpoch = state.globals.epoch;
  state.cases.update(index, { status, decidedEpoch, heldUnits: 0n, unbondingUnits: 0n, bondUnits: 0n });
}

/** What a miner is once its ejection was dismissed: as if the failures among the evidence had not been (§10.16). */
function clearedRecord(row: Readonly<MinerRow>): Partial<MinerRow> {
  const { failures, epochFailed, passedMicro, evidenceLevel, level, streak, priorLevel, priorStreak } = row;
  const recent = Math.min(failures, epochFailed);
  const failedMicro = Math.max(0, row.failedMicro - (failures - recent) * ONE_AUDIT_MICRO);
  return {
    ...noEvidence,
    epochFailed: epochFailed - recent,
    failedMicro,
    trustPpb: cappedTrust(trustPpbOf(BigInt(passedMicro), BigInt(failedMicro)), evidenceLevel),
    level: Math.max(level, priorLevel),
    streak: streak + priorStreak,
  };
}

export function isUndecided({ status }: Readonly<CaseRow>): boolean {
  return status === 'review' || status === 'pending';
}

/** Whether a case about a miner's answers, or about what they would have earned, is not decided yet. */
function isAboutAnswers(row: Readonly<CaseRow>, miner: Ref<'miners'>): boolean {
  const { kind, role, cause } = row;
  const isCause = cause === 'softFailure' || cause === 'hardFailure' || cause === 'forfeit';
  return kind === 'miner' && role === miner && isCause && isUndecided(row);
}

/** The miners about whose ejection a case is undecided, and its index (§10.16). */
export function openEjections({ cases }: Pick<LedgerView, 'cases'>): ReadonlyMap<Ref<'miners'>, IndexOf<'cases'>> {
  const isOpen = (row: CaseRow) => row.cause === 'ejection' && isUndecided(row);
  return new Map([...cases].flatMap((row, index) => (isOpen(row) ? [[row.role, index] as const] : [])));
}

/** Whether an address is of the foundation (§10.6). */
export function isFoundation({ params }: LedgerView, address: Uint8Array): boolean {
  return params.cases.foundation.some((member) => equalBytes(member, address));
}
