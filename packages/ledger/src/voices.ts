import { type AuditNumbers, type AuditRow, auditorStates, findings, type TaskRow, verdicts } from '@assay/protocol';
import { PPB } from './integers.ts';
import type { LedgerView } from './state.ts';
import { type Opinion, type OpinionBasis, opinionOf } from './verdict.ts';

/** Distances agree that differ by no more than an eighth. */
const AGREED_PART = 8;

/** What one auditor of an audit said. */
export interface Voice {
  readonly validator: number;
  readonly numbers: Readonly<AuditNumbers>;
  readonly opinion: Opinion;
  /** Whether an earlier verdict has judged it already (§10.25). */
  readonly isJudged: boolean;
}

type Judged = Pick<TaskRow, 'model' | 'miner'>;

/**
 * What numbers are read against: the pool is that of the verdict, or the miner's own while there is none. Of a planted
 * answer the distances are wrong on purpose, and say nothing about it (§10.25).
 */
export function opinionBasis(state: LedgerView, audit: Readonly<AuditRow> | null, task: Judged): OpinionBasis {
  const t1ThresholdPpb = audit?.isPlanted === true ? Number(PPB) : state.models.at(task.model).t1ThresholdPpb;
  // verification §4.7 The verdict itself moves the pool it is drawn from.
  const isOpen = audit === null || audit.verdict === verdicts.open;
  const { mismatchesMilli } = isOpen ? state.miners.at(task.miner) : audit;
  return { t1ThresholdPpb, mismatchesMilli };
}

/** What the auditors who revealed said, in the order of their draw. */
export function voicesOf(state: LedgerView, audit: Readonly<AuditRow>, task: Judged): Voice[] {
  const basis = opinionBasis(state, audit, task);
  return audit.auditors.flatMap(({ state, validator, numbers }, place) =>
    state === auditorStates.revealed
      ? [{ validator, numbers, opinion: opinionOf(numbers, basis), isJudged: place < audit.judged }]
      : [],
  );
}

/** Validators whose opinion the verdict, or what was planted, proves false (§10.21, §10.25). */
export function falseVoices(state: LedgerView, audit: Readonly<AuditRow>, task: Judged): number[] {
  const voices = voicesOf(state, audit, task);
  const opinion = falseOpinionOf(voices, audit.verdict);
  const { t1ThresholdPpb } = state.models.at(task.model);
  const misled = audit.isPlanted && audit.verdict !== verdicts.open ? misledBy(voices, t1ThresholdPpb) : [];
  return voices.filter((voice) => voice.opinion === opinion || misled.includes(voice)).map((voice) => voice.validator);
}

/**
 * §10.21 The opinion that a verdict proves false: a pass of what two others found hard, or hard of what two others
 * passed. A missing artifact is no measurement: who keeps it chooses who gets it.
 */
function falseOpinionOf(voices: readonly Voice[], verdict: number): Opinion | null {
  const count = (wanted: Opinion) => voices.filter(({ opinion }) => opinion === wanted).length;
  if (verdict === verdicts.pass) return count('pass') >= 2 ? 'hard' : null;
  if (verdict === verdicts.soft || verdict === verdicts.hard) return count('hard') >= 2 ? 'pass' : null;
  return null;
}

/**
 * §10.25 Those of the fewer, where two or more say otherwise: who measures no distance where others measure one, and
 * who measures one where others measure none. Who measures gets nearly the same number; who invents it does not.
 */
function misledBy(voices: readonly Voice[], t1ThresholdPpb: number): Voice[] {
  const measured = voices
    .filter(({ numbers }) => numbers.finding === findings.checked)
    .sort((a, b) => a.numbers.t1Ppb - b.numbers.t1Ppb);
  const near = measured.filter(({ numbers }) => numbers.t1Ppb <= t1ThresholdPpb);
  const far = measured.slice(near.length);
  const middle = far[far.length >> 1]?.numbers.t1Ppb ?? 0;
  const agreed = far.filter(({ numbers }) => Math.abs(numbers.t1Ppb - middle) * AGREED_PART <= middle);
  if (agreed.length >= 2 && agreed.length > near.length) return near;
  return near.length >= 2 && near.length > agreed.length ? far : [];
}
