import {
  type AuditNumbers,
  type AuditorSlot,
  type AuditRow,
  type Finding,
  type LedgerEvent,
  limits,
  noNumbers,
  type Ref,
  type TaskRow,
  type Verdict,
} from '@assay/protocol';
import { firstUint64, littleEndian, sha256, sha256OfEach } from '@assay/ssz';
import { PPB } from '../arithmetic/integers.ts';
import { invariant } from '../arithmetic/invariant.ts';
import { rejectOutlier } from '../batch/replicas.ts';
import { approveTask, isDisputed, rejectTask, Tally } from '../batch/tasks.ts';
import { isAssigned } from '../batch/work.ts';
import { openFailureCase } from '../cases/cases.ts';
import { commonEngine, weightsOfEngine } from '../draw/common-engine.ts';
import { isOfKnownPair } from '../draw/engines.ts';
import { countOf, impartialWeights, isAuditor } from '../draw/impartial.ts';
import { pooledAfter } from '../draw/pool.ts';
import { missTurn } from '../draw/presence.ts';
import { decide } from '../draw/verdict.ts';
import { failsByDistance, voicesOf } from '../draw/voices.ts';
import { WeightedRow } from '../draw/weighted.ts';
import { MAX_RESULTS_OWED, ONE_AUDIT_MICRO, RESULTS_OWED, standingAfter } from '../standing/standing.ts';
import { auditRatePpb } from '../standing/trust.ts';
import type { LedgerState, LedgerView } from '../state/state.ts';
import type { IndexOf } from '../state/state-tables.ts';
import { judgeAuditors } from './auditors.ts';
import { countJudged } from './challenges.ts';
import { judgeAgain, judgeDispute } from './disputes.ts';
import { impartialTo, judgeWeights } from './judges.ts';
import { isDrawn, MOST_FIRST_AUDITORS, openAudit, waitForOpening } from './open-audit.ts';

/** Of how many validators' room one has at most, however large its stake beside theirs. */
const MOST_PARTS = 2;

/** What a validator owes an audit now. */
export interface AuditDuty {
  readonly taskId: Uint8Array;
  readonly step: 'commit' | 'reveal';
  /** Last height at which it is taken. */
  readonly deadline: number;
}

/** The audit steps open to one validator, oldest audit first (§10.3). */
export function auditDuties(state: LedgerView, validator: Ref<'validators'>): AuditDuty[] {
  const duties: AuditDuty[] = [];
  for (const index of state.openAudits.owedBy(validator)) {
    const { taskId, auditors } = state.audits.at(index);
    const slot = auditors.find((auditor) => auditor.validator === validator);
    if (slot?.state === 'drawn') duties.push({ taskId, step: 'commit', deadline: slot.deadline });
    if (slot !== undefined && mayReveal(slot)) duties.push({ taskId, step: 'reveal', deadline: slot.deadline });
  }
  return duties;
}

/** §10.3 Reveals open once every auditor at work has committed, so that none can copy another's numbers. */
export function mayReveal(slot: AuditorSlot): boolean {
  return slot.state === 'committed' && slot.deadline > 0;
}

/** Whether the beacon draws a task for audit: u(beacon, task) < rate (§10.1). */
export function isAudited(beacon: Uint8Array, taskId: Uint8Array, ratePpb: number): boolean {
  return isDrawn(firstUint64(sha256(beacon, taskId)), ratePpb);
}

/** A block's turn of audits, and what comes of it. */
interface Turn {
  readonly height: number;
  readonly events: LedgerEvent[];
  readonly tally: Tally;
}

/**
 * What a block does to audits once its transactions are applied: draws, missed turns, replacements, verdicts (§10). It
 * looks at those that changed or whose time is up, and at no other.
 */
export function advanceAudits(state: LedgerState, height: number): LedgerEvent[] {
  const turn: Turn = { height, events: [], tally: new Tally() };
  drawAudits(state, turn);
  // Until nothing moves: what a block leaves follows from its rows alone, so that who loads them goes on alike.
  for (let moved = state.openAudits.takeMoved(height); moved.length > 0; moved = state.openAudits.takeMoved(height)) {
    for (const index of moved) advanceAudit(state, index, turn);
  }
  turn.tally.write(state);
  return turn.events;
}

/** §10.23 Draws in order while first auditors have room: who must be audited waits, and nobody overtakes. */
function drawAudits(state: LedgerState, turn: Turn): void {
  const rooms = roomTokens(state);
  const freeOf = (validator: Ref<'validators'>) => (rooms[validator] ?? 0) - state.openAudits.tokensOwedBy(validator);
  for (;;) {
    const free = rooms.reduce((sum, _, validator) => sum + Math.max(freeOf(validator), 0), 0);
    const due = dueDraws(state, free, turn.height);
    if (due.length === 0) return;
    const hashes = sha256OfEach(state.globals.beacon, due);
    for (const index of due.keys()) {
      const pool = firstPool(state, state.tasks.at(state.nextDraw), freeOf);
      // Before its lot is looked at: who waits must not get another one by it.
      if (!pool.isEnough) return;
      drawAudit(state, { index: state.nextDraw, u: firstUint64(hashes, 32 * index), pool }, turn);
      state.nextDraw++;
    }
  }
}

/** Who may be the first auditors of a task: weights of all that are impartial, and of those that have room. */
interface Pool {
  readonly impartial: readonly bigint[];
  readonly free: readonly bigint[];
  /** Whether the draw need not wait (§10.23). */
  readonly isEnough: boolean;
}

function firstPool(
  state: LedgerState,
  task: Readonly<TaskRow>,
  freeOf: (validator: Ref<'validators'>) => number,
): Pool {
  const all = impartialTo(state, task);
  const impartial = weightsOfEngine(state, all, commonEngine(state, task, all)); // §10.2.1
  const free = impartial.map((weight, validator) => (freeOf(validator) > 0 ? weight : 0n));
  const eligible = countOf(impartial);
  const isAnyConcerned = countOf(all) < Array.from(state.validators).filter(isAuditor).length;
  // Where those concerned leave two, neither can hold up the tasks of other miners.
  const wanted = isAnyConcerned && eligible <= MOST_FIRST_AUDITORS ? 1 : MOST_FIRST_AUDITORS;
  return { impartial, free, isEnough: countOf(free) >= Math.min(wanted, eligible) };
}

/**
 * Tokens that each validator may owe before it is no first auditor: it checks no more in the time it has. By power, as
 * it is drawn: many small ones get no more of a full network's audits than one large. The last may exceed it.
 */
function roomTokens(state: LedgerState): Ref<'validators'>[] {
  const weights = impartialWeights(state, [], []);
  const { openTokensPerValidator } = state.params.audit;
  const all = BigInt(countOf(weights)) * BigInt(openTokensPerValidator);
  const totalWeight = weights.reduce((sum, weight) => sum + weight, 0n);
  const shareOf = (weight: bigint) => Number((all * weight + totalWeight - 1n) / totalWeight);
  return weights.map((weight) => (weight === 0n ? 0 : Math.min(shareOf(weight), MOST_PARTS * openTokensPerValidator)));
}

/** Tasks whose draw is due and waits for room (§10.23). */
export function waitingDraws(state: LedgerView): number {
  let index = state.nextDraw;
  while (index < state.tasks.length && isDrawDue(state, state.tasks.at(index), state.globals.height)) index++;
  return index - state.nextDraw;
}

/** The ids of the next tasks whose draw is due: no more than have room, each with one auditor and of the least size. */
function dueDraws(state: LedgerState, tokens: number, height: number): Uint8Array[] {
  const due: Uint8Array[] = [];
  for (let index = state.nextDraw; index < state.tasks.length; index++) {
    const task = state.tasks.at(index);
    if (due.length * limits.minAuditTokens >= tokens || !isDrawDue(state, task, height)) break;
    due.push(task.taskId);
  }
  return due;
}

/** §9.1 Blocks must have passed and the beacon must have turned: nobody knew it when the artifact was committed. */
function isDrawDue({ params, globals }: LedgerView, task: Readonly<TaskRow>, height: number): boolean {
  const { drawDelayBlocks } = params.audit;
  return height >= task.height + drawDelayBlocks && globals.reveals >= task.reveals + drawDelayBlocks;
}

/** `u` is the lot of the task at `index`, a part of 2^64. */
function drawAudit(
  state: LedgerState,
  { index, u, pool }: { readonly index: IndexOf<'tasks'>; readonly u: bigint; readonly pool: Pool },
  { height, events, tally }: Turn,
): void {
  const task = state.tasks.at(index);
  const { taskId, miner: minerIndex, agreement } = task;
  const miner = state.miners.standing(minerIndex);
  const isOutlier = agreement !== 'similar';
  if (isOutlier && miner.evidenceLevel === 0) {
    events.push(rejectOutlier(state, index)); // §10.11
    return;
  }
  const isCertain = isOutlier || isDisputed(task); // §8.6
  const ratePpb = isCertain ? Number(PPB) : auditRatePpb(state.params.audit, miner);
  if (!isDrawn(u, ratePpb)) {
    events.push({ type: 'auditSkipped', taskId, ratePpb }, approveTask(state, index, false, tally));
    return;
  }
  state.tasks.update(index, { status: 'auditing' });
  const audit = openAudit(state, state.tasks.at(index), { height, isSecond: false, isPlanted: false });
  events.push({ type: 'auditOpened', taskId, ratePpb });
  const { firstAuditors: count } = state.audits.at(audit);
  const weights = countOf(pool.free) < count ? pool.impartial : pool.free;
  const auditors = drawAuditors(state, audit, { weights, height, count });
  if (auditors.length > 0) events.push({ type: 'auditDrawn', taskId, auditors });
}

function advanceAudit(state: LedgerState, index: IndexOf<'audits'>, { height, events, tally }: Turn): void {
  endMissedTurns(state, index, height, events);
  if (state.audits.at(index).waitUntil > height) return;
  const taskIndex = state.taskOf(state.audits.at(index).taskId);
  invariant(taskIndex !== undefined, `audit ${index} is about a task that is not kept`);
  const task = state.tasks.at(taskIndex);
  let decision = decideOn(state, index, task, false);
  if (decision.verdict === null && decision.wantedAuditors > 0) {
    const weights = judgeWeights(state, task, state.audits.at(index));
    const drawn = drawAuditors(state, index, { weights, height, count: decision.wantedAuditors });
    if (drawn.length > 0) events.push({ type: 'auditDrawn', taskId: task.taskId, auditors: drawn });
    else decision = decideOn(state, index, task, true);
  }
  if (decision.verdict === null) openReveals(state, index, height);
  else if (mayBePlanted(state, index, task)) {
    waitForOpening(state, index, height + state.params.audit.commitBlocks);
  } else {
    state.endAudit(index, decision.verdict);
    events.push(...applyVerdict(state, { index, taskIndex, tally, height }, decision.verdict));
    events.push(...judgeAuditors(state, state.audits.at(index), task));
  }
}

/**
 * §10.25.1 Whether an auditor finds nothing but distances wrong, and the miner has had no time yet to open a seal.
 * Before a pass too: it would prove such an auditor false.
 */
function mayBePlanted(state: LedgerState, index: IndexOf<'audits'>, task: Readonly<TaskRow>): boolean {
  const audit = state.audits.at(index);
  return audit.waitUntil === 0 && !audit.isPlanted && failsByDistance(state, audit, task);
}

/** §10.3 A missed turn is the validator's strike and never the miner's penalty. */
function endMissedTurns(state: LedgerState, index: IndexOf<'audits'>, height: number, events: LedgerEvent[]): void {
  const { taskId, auditors } = state.audits.at(index);
  const isLate = (slot: AuditorSlot) => (slot.state === 'drawn' || mayReveal(slot)) && slot.deadline <= height;
  const late = auditors.filter(isLate);
  if (late.length === 0) return;
  for (const { validator } of late) {
    missTurn(state, validator);
    events.push({ type: 'auditorMissed', taskId, validator });
  }
  const missed = auditors.map((slot) => (isLate(slot) ? { ...slot, state: 'missed' as const } : slot));
  state.setAuditors(index, missed);
}

function decideOn(state: LedgerState, index: IndexOf<'audits'>, task: Readonly<TaskRow>, isExhausted: boolean) {
  const audit = state.audits.at(index);
  const { auditors, firstAuditors } = audit;
  const fresh = voicesOf(state, audit, task).filter(({ isJudged }) => !isJudged);
  const opinions = fresh.map(({ opinion }) => opinion);
  const atWork = auditors.filter(isAtWork).length;
  return decide(opinions, { firstAuditors, drawn: auditors.length, atWork, isExhausted });
}

function isAtWork({ state }: AuditorSlot): boolean {
  return state === 'drawn' || state === 'committed';
}

/** §10.2 Sortition by power among validators that neither run nor own the miner, each at most once for a task. */
function drawAuditors(
  state: LedgerState,
  index: IndexOf<'audits'>,
  { weights, height, count }: { readonly weights: readonly bigint[]; readonly height: number; readonly count: number },
): Ref<'validators'>[] {
  const audit = state.audits.at(index);
  const free = limits.maxAuditorsPerTask - audit.auditors.length;
  // The present beacon is part of it, so that nobody knows early who would confirm an accusation.
  const seed = sha256(audit.seed, state.globals.beacon, littleEndian(audit.auditors.length, 4));
  const drawn = new WeightedRow(weights).sample(seed, Math.min(count, free)).map((sampled) => sampled.index);
  const deadline = height + state.params.audit.commitBlocks;
  const slots = drawn.map((validator) => ({
    validator,
    deadline,
    state: 'drawn' as const,
    numbers: noNumbers,
    commitment: new Uint8Array(32),
  }));
  if (slots.length > 0) state.setAuditors(index, [...audit.auditors, ...slots]);
  return drawn;
}

function openReveals(state: LedgerState, index: IndexOf<'audits'>, height: number): void {
  const { auditors } = state.audits.at(index);
  const isWaiting = (slot: AuditorSlot) => slot.state === 'committed' && slot.deadline === 0;
  if (auditors.some((slot) => slot.state === 'drawn') || !auditors.some(isWaiting)) return;
  const deadline = height + state.params.audit.revealBlocks;
  state.setAuditors(
    index,
    auditors.map((slot) => (isWaiting(slot) ? { ...slot, deadline } : slot)),
  );
}

function applyVerdict(
  state: LedgerState,
  {
    index,
    taskIndex,
    tally,
    height,
  }: Pick<Turn, 'tally' | 'height'> & { index: IndexOf<'audits'>; taskIndex: IndexOf<'tasks'> },
  verdict: Verdict,
): LedgerEvent[] {
  const task = state.tasks.at(taskIndex);
  const { miner: minerIndex, model: modelIndex, session } = task;
  const { mismatchesMilli, surprise, engineUnknown: wasUnknown } = state.miners.at(minerIndex);
  // §10.26 A second look reads what the first one read.
  if (state.audits.at(index).judged === 0) state.audits.update(index, { mismatchesMilli, surprise });
  if (state.audits.at(index).isSecond) return judgeAgain(state, { index, taskIndex }, verdict);
  const missing = verdict === 'noResult' ? noteMissing(state, index, task) : [];
  if (isDisputed(task)) return [...missing, ...applyDispute(state, taskIndex, verdict, height)];
  // §10.4 Neither is a judgement: the payer gets the price back, and nobody is fined.
  if (verdict === 'hung') return [rejectTask(state, taskIndex, verdict)];
  if (verdict === 'noResult') {
    return [rejectTask(state, taskIndex, verdict), ...missing, ...noteUnchecked(state, index, taskIndex)];
  }
  const miner = state.miners.standing(minerIndex);
  const model = state.models.at(modelIndex);
  const audited = miner.audited + 1;
  // §10.13.1 By the widest profile alone nobody is trusted, and what an earlier engine did says nothing of this one.
  const results = revealedWith(state.audits.at(index), 'checked', 'malformed');
  const isKnown = results.some(isOfKnownPair);
  const ofPresent = results.filter(({ isEarlier }) => !isEarlier);
  const engineUnknown = ofPresent.length === 0 ? wasUnknown : !ofPresent.some(isOfKnownPair);
  const pooled = {
    engineUnknown,
    ...pooledAfter({ mismatchesMilli, surprise }, revealedWith(state.audits.at(index), 'checked')),
    resultsOwed: Math.max(0, miner.resultsOwed - 1),
  };
  if (verdict === 'pass') {
    // economics §7.3
    if (!isAssigned(task, state.sessions.at(session))) return [approveTask(state, taskIndex, true, tally)];
    const passed = { audited, epochPassed: miner.epochPassed + 1, ...standingAfter(miner, verdict) };
    state.miners.update(minerIndex, { ...pooled, ...(isKnown && passed) });
    state.models.update(modelIndex, { epochPassed: model.epochPassed + 1 });
    return [approveTask(state, taskIndex, true, tally)];
  }
  const failed = { rejected: miner.rejected + 1, epochFailed: miner.epochFailed + 1, ...pooled };
  state.miners.update(minerIndex, { audited, ...failed, ...standingAfter(miner, verdict) });
  state.models.update(modelIndex, { epochFailed: model.epochFailed + 1 });
  return [rejectTask(state, taskIndex, verdict), ...openFailureCase(state, state.audits.at(index), task)];
}

/** §10.24 An artifact that nobody got is the fault of the mixer that keeps it, which did its duties for nothing. */
function noteMissing(
  state: LedgerState,
  index: IndexOf<'audits'>,
  { taskId, mixer }: Readonly<TaskRow>,
): LedgerEvent[] {
  if (revealedWith(state.audits.at(index), 'noArtifact').length < 2) return [];
  const { strikes, dutiesBefore } = state.mixers.at(mixer);
  state.mixers.update(mixer, { strikes: strikes + 1, epochDuties: dutiesBefore });
  return [{ type: 'artifactMissing', taskId, mixer }];
}

/** What the auditors that revealed one of these findings said, in the order of their draw. */
function revealedWith({ auditors }: Readonly<AuditRow>, ...findings: readonly Finding[]): AuditNumbers[] {
  const isSaid = ({ state, numbers }: AuditorSlot) => state === 'revealed' && findings.includes(numbers.finding);
  return auditors.filter(isSaid).map(({ numbers }) => numbers);
}

/**
 * §10.13 That nobody could check an answer is the miner's doing when two auditors say that it is the engine; when they
 * missed their turns or have not got the model it is theirs, and leaves no trace.
 */
export function isUnchecked(audit: Readonly<AuditRow>): boolean {
  return revealedWith(audit, 'otherEngine').length >= 2;
}

function noteUnchecked(state: LedgerState, index: IndexOf<'audits'>, taskIndex: IndexOf<'tasks'>): LedgerEvent[] {
  if (!isUnchecked(state.audits.at(index))) return [];
  const { miner } = state.tasks.at(taskIndex);
  const { failedMicro, resultsOwed: before } = state.miners.standing(miner);
  const resultsOwed = Math.min(before + RESULTS_OWED, MAX_RESULTS_OWED);
  state.miners.update(miner, { resultsOwed, failedMicro: failedMicro + ONE_AUDIT_MICRO, engineUnknown: true });
  return [{ type: 'minerUnchecked', miner, resultsOwed }];
}

function applyDispute(
  state: LedgerState,
  taskIndex: IndexOf<'tasks'>,
  verdict: Verdict,
  height: number,
): LedgerEvent[] {
  const events = judgeDispute(state, taskIndex, verdict, height);
  return [...events, ...countJudged(state, state.tasks.at(taskIndex).miner, verdict)];
}
