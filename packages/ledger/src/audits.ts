import {
  type AuditorSlot,
  type AuditRow,
  agreements,
  auditorStates,
  equalBytes,
  findings,
  firstUint64,
  limits,
  littleEndian,
  sha256,
  sha256OfEach,
  type TaskRow,
  taskStatuses,
  verdicts,
} from '@assay/protocol';
import { openFailureCase } from './cases.ts';
import { countFailed } from './challenges.ts';
import { isDisputed, judgeAgain, judgeDispute } from './disputes.ts';
import { sampleByWeight } from './draw.ts';
import { PPB } from './integers.ts';
import { rejectOutlier } from './replicas.ts';
import type { LedgerEvent } from './result.ts';
import { isActive } from './roles.ts';
import { standingAfter } from './standing.ts';
import type { LedgerState, LedgerView } from './state.ts';
import { approveTask, openAudit, rejectTask, Tally } from './tasks.ts';
import { auditRatePpb } from './trust.ts';
import { decide, opinionOf, type Verdict } from './verdict.ts';
import { isAssigned } from './work.ts';

const noNumbers = { finding: findings.noResult, positions: 0, t1Ppb: 0, argmaxMismatches: 0 };

/** What a validator owes an audit now. */
export interface AuditDuty {
  readonly taskId: Uint8Array;
  readonly step: 'commit' | 'reveal';
  /** Last height at which it is taken. */
  readonly deadline: number;
}

/** The audit steps open to one validator, oldest audit first (§10.3). */
export function auditDuties(state: LedgerView, validator: number): AuditDuty[] {
  const duties: AuditDuty[] = [];
  for (const index of state.openAudits) {
    const { taskId, auditors } = state.audits.at(index);
    const slot = auditors.find((auditor) => auditor.validator === validator);
    if (slot?.state === auditorStates.drawn) duties.push({ taskId, step: 'commit', deadline: slot.deadline });
    if (slot !== undefined && mayReveal(slot)) duties.push({ taskId, step: 'reveal', deadline: slot.deadline });
  }
  return duties;
}

/** §10.3 Reveals open once every auditor at work has committed, so that none can copy another's numbers. */
export function mayReveal(slot: AuditorSlot): boolean {
  return slot.state === auditorStates.committed && slot.deadline > 0;
}

/** Whether the beacon draws a task for audit: u(beacon, task) < rate (§10.1). */
export function isAudited(beacon: Uint8Array, taskId: Uint8Array, ratePpb: number): boolean {
  return isDrawn(firstUint64(sha256(beacon, taskId)), ratePpb);
}

function isDrawn(u: bigint, ratePpb: number): boolean {
  return u * PPB < BigInt(ratePpb) << 64n;
}

/** A block's turn of audits, and what comes of it. */
interface Turn {
  readonly height: number;
  readonly events: LedgerEvent[];
  readonly tally: Tally;
}

/** What a block does to audits once its transactions are applied: draws, missed turns, replacements, verdicts (§10). */
export function advanceAudits(state: LedgerState, height: number): LedgerEvent[] {
  const turn: Turn = { height, events: [], tally: new Tally() };
  drawAudits(state, turn);
  for (const index of state.openAudits) advanceAudit(state, index, turn);
  state.openAudits = state.openAudits.filter((index) => state.audits.at(index).verdict === verdicts.open);
  turn.tally.write(state);
  return turn.events;
}

function drawAudits(state: LedgerState, turn: Turn): void {
  const due: Uint8Array[] = [];
  for (let index = state.nextDraw; index < state.tasks.length; index++) {
    const task = state.tasks.at(index);
    if (!isDrawDue(state, task, turn.height)) break;
    due.push(task.taskId);
  }
  const hashes = sha256OfEach(state.globals.beacon, due);
  for (const place of due.keys()) {
    drawAudit(state, { index: state.nextDraw, u: firstUint64(hashes, 32 * place) }, turn);
    state.nextDraw++;
  }
}

/** §9.1 Blocks must have passed and the beacon must have turned: nobody knew it when the artifact was committed. */
function isDrawDue({ params, globals }: LedgerState, task: Readonly<TaskRow>, height: number): boolean {
  const { drawDelayBlocks } = params.audit;
  return height >= task.height + drawDelayBlocks && globals.reveals >= task.reveals + drawDelayBlocks;
}

/** `u` is the lot of the task at `index`, a part of 2^64. */
function drawAudit(
  state: LedgerState,
  { index, u }: { readonly index: number; readonly u: bigint },
  { height, events, tally }: Turn,
): void {
  const task = state.tasks.at(index);
  const { taskId, miner: minerIndex, agreement } = task;
  const miner = state.miners.at(minerIndex);
  const isOutlier = agreement !== agreements.similar;
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
  state.tasks.update(index, { status: taskStatuses.auditing });
  openAudit(state, taskId, height, false);
  events.push({ type: 'auditOpened', taskId, ratePpb });
}

function advanceAudit(state: LedgerState, index: number, { height, events, tally }: Turn): void {
  endMissedTurns(state, index, height, events);
  const taskIndex = state.taskOf(state.audits.at(index).taskId);
  if (taskIndex === undefined) throw new RangeError(`audit ${index} is about a task that is not kept`);
  const task = state.tasks.at(taskIndex);
  let decision = decideOn(state, index, task, false);
  if (decision.verdict === null && decision.wantedAuditors > 0) {
    const drawn = drawAuditors(state, index, { task, height, count: decision.wantedAuditors });
    if (drawn.length > 0) events.push({ type: 'auditDrawn', taskId: task.taskId, auditors: drawn });
    else decision = decideOn(state, index, task, true);
  }
  if (decision.verdict === null) openReveals(state, index, height);
  else events.push(...applyVerdict(state, { index, taskIndex, tally, height }, decision.verdict));
}

/** §10.3 A missed turn is the validator's strike and never the miner's penalty. */
function endMissedTurns(state: LedgerState, index: number, height: number, events: LedgerEvent[]): void {
  const { taskId, auditors } = state.audits.at(index);
  const isLate = (slot: AuditorSlot) =>
    (slot.state === auditorStates.drawn || mayReveal(slot)) && slot.deadline <= height;
  const late = auditors.filter(isLate);
  if (late.length === 0) return;
  for (const { validator } of late) {
    state.validators.update(validator, { strikes: state.validators.at(validator).strikes + 1 });
    events.push({ type: 'auditorMissed', taskId, validator });
  }
  const missed = auditors.map((slot) => (isLate(slot) ? { ...slot, state: auditorStates.missed } : slot));
  state.audits.update(index, { auditors: missed });
}

function decideOn(state: LedgerState, index: number, task: Readonly<TaskRow>, isExhausted: boolean) {
  const { auditors, isSecond } = state.audits.at(index);
  const { t1ThresholdPpb } = state.models.at(task.model);
  const revealed = auditors.filter((slot) => slot.state === auditorStates.revealed);
  // §8.9 The artifact of a challenge is its mixer's to keep, and that of a second audit may have expired.
  const isExcused = isSecond || isDisputed(task);
  const opinions = revealed
    .map((slot) => opinionOf(slot.numbers, t1ThresholdPpb))
    .map((opinion) => (isExcused && opinion === 'missing' ? 'noResult' : opinion));
  const atWork = auditors.filter(isAtWork).length;
  return decide(opinions, atWork, isExhausted);
}

function isAtWork({ state }: AuditorSlot): boolean {
  return state === auditorStates.drawn || state === auditorStates.committed;
}

/** §10.2 Sortition by stake among validators that neither run nor own the miner, each at most once for a task. */
function drawAuditors(
  state: LedgerState,
  index: number,
  { task, height, count }: { readonly task: Readonly<TaskRow>; readonly height: number; readonly count: number },
): number[] {
  const audit = state.audits.at(index);
  const free = limits.maxAuditorsPerTask - audit.auditors.length;
  const weights = auditorWeights(state, audit, task);
  // The present beacon is part of it, so that nobody knows early who would confirm an accusation.
  const seed = sha256(audit.seed, state.globals.beacon, littleEndian(audit.auditors.length, 4));
  const drawn = sampleByWeight(seed, weights, Math.min(count, free)).map((sampled) => sampled.index);
  const deadline = height + state.params.audit.commitBlocks;
  const slots = drawn.map((validator) => ({
    ...{ validator, deadline, state: auditorStates.drawn, numbers: noNumbers },
    commitment: new Uint8Array(32),
  }));
  if (slots.length > 0) state.audits.update(index, { auditors: [...audit.auditors, ...slots] });
  return drawn;
}

function auditorWeights(state: LedgerState, { auditors }: Readonly<AuditRow>, task: Readonly<TaskRow>): bigint[] {
  const miner = state.miners.at(task.miner);
  const used = auditors.map((slot) => slot.validator);
  const accusers = isDisputed(task) ? [state.mixers.at(task.mixer).account] : []; // §8.6
  return impartialWeights(state, [miner.operator, miner.owner, ...accusers], used);
}

/** Stakes of active validators that are not, nor are operated by, those concerned; a base unit at least (§10.2). */
export function impartialWeights(
  state: LedgerView,
  concerned: readonly Uint8Array[],
  used: readonly number[],
): bigint[] {
  return Array.from(state.validators, ({ account, operator, stakeUnits, status }, validator) => {
    const isUsed = used.includes(validator);
    const isConcerned = concerned.some((address) => equalBytes(address, account) || equalBytes(address, operator));
    if (isUsed || isConcerned || !isActive({ status })) return 0n;
    return stakeUnits > 0n ? stakeUnits : 1n;
  });
}

function openReveals(state: LedgerState, index: number, height: number): void {
  const { auditors } = state.audits.at(index);
  const isWaiting = (slot: AuditorSlot) => slot.state === auditorStates.committed && slot.deadline === 0;
  if (auditors.some((slot) => slot.state === auditorStates.drawn) || !auditors.some(isWaiting)) return;
  const deadline = height + state.params.audit.revealBlocks;
  state.audits.update(index, { auditors: auditors.map((slot) => (isWaiting(slot) ? { ...slot, deadline } : slot)) });
}

function applyVerdict(
  state: LedgerState,
  { index, taskIndex, tally, height }: Pick<Turn, 'tally' | 'height'> & { index: number; taskIndex: number },
  verdict: Verdict,
): LedgerEvent[] {
  state.audits.update(index, { verdict: verdicts[verdict] });
  if (state.audits.at(index).isSecond) return judgeAgain(state, { index, taskIndex }, verdict);
  if (isDisputed(state.tasks.at(taskIndex))) return applyDispute(state, taskIndex, verdict, height);
  // §10.4 No result is no judgement: the payer gets the price back, the miner's record stays as it is.
  if (verdict === 'noResult') return [rejectTask(state, taskIndex, verdict)];
  const { miner: minerIndex, model: modelIndex, session } = state.tasks.at(taskIndex);
  const miner = state.miners.at(minerIndex);
  const model = state.models.at(modelIndex);
  const audited = miner.audited + 1;
  if (verdict === 'pass') {
    if (!isAssigned(state.sessions.at(session))) return [approveTask(state, taskIndex, true, tally)]; // economics §7.3
    state.miners.update(minerIndex, { audited, epochPassed: miner.epochPassed + 1, ...standingAfter(miner, verdict) });
    state.models.update(modelIndex, { epochPassed: model.epochPassed + 1 });
    return [approveTask(state, taskIndex, true, tally)];
  }
  const failed = { rejected: miner.rejected + 1, epochFailed: miner.epochFailed + 1 };
  state.miners.update(minerIndex, { audited, ...failed, ...standingAfter(miner, verdict) });
  state.models.update(modelIndex, { epochFailed: model.epochFailed + 1 });
  const task = state.tasks.at(taskIndex);
  return [rejectTask(state, taskIndex, verdict), ...openFailureCase(state, state.audits.at(index), task)];
}

function applyDispute(state: LedgerState, taskIndex: number, verdict: Verdict, height: number): LedgerEvent[] {
  const events = judgeDispute(state, taskIndex, verdict, height);
  const isFailure = verdict === 'soft' || verdict === 'hard';
  return isFailure ? [...events, ...countFailed(state, state.tasks.at(taskIndex).miner)] : events;
}
