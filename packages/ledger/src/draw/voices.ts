import {
  type AuditNumbers,
  type AuditRow,
  type AuditVerdict,
  noProfile,
  type Ref,
  type TaskRow,
} from '@assay/protocol';
import { PPB } from '../arithmetic/integers.ts';
import type { LedgerView } from '../state/state.ts';
import { weightsOfEngine } from './common-engine.ts';
import { countOf, impartialWeights } from './impartial.ts';
import { type Opinion, type OpinionBasis, opinionOf } from './verdict.ts';

/** Distances agree that differ from the middle one by this part of it, and so many must where there are more. */
const AGREED_PART = 64;
const AGREEING = 3;

/** What one auditor of an audit said. */
export interface Voice {
  readonly validator: Ref<'validators'>;
  readonly numbers: Readonly<AuditNumbers>;
  readonly opinion: Opinion;
  /** Whether an earlier verdict has judged it already (§10.26). */
  readonly isJudged: boolean;
}

type Judged = Pick<TaskRow, 'model' | 'miner'>;

/**
 * What numbers are read against: the pool is that of the verdict, or the miner's own while there is none. Of a planted
 * answer the distances are wrong on purpose, and say nothing about it (§10.25).
 */
export function opinionBasis(
  state: LedgerView,
  audit: Readonly<AuditRow> | null,
  task: Judged,
  numbers: Pick<AuditNumbers, 'profile' | 'isByChance'>,
): OpinionBasis {
  // §10.25 Where nobody can repeat the choices, distances are all there is.
  const isPlanted = audit?.isPlanted === true && !numbers.isByChance;
  const t1ThresholdPpb = isPlanted ? Number(PPB) : t1LimitPpb(state, task, numbers);
  // verification §4.7 The verdict itself moves the pool it is drawn from, and a second look reads what the first did.
  const isOpen = audit === null || (audit.verdict === 'open' && audit.judged === 0);
  const { mismatchesMilli, surprise } = isOpen ? state.miners.at(task.miner) : audit;
  return { t1ThresholdPpb, mismatchesMilli, surprise };
}

/** Honest limit of a distance: of the model between equal engines, else of the profile (verification §3.3). */
function t1LimitPpb(
  { models, profiles }: Pick<LedgerView, 'models' | 'profiles'>,
  { model }: Pick<Judged, 'model'>,
  { profile }: Pick<AuditNumbers, 'profile'>,
): number {
  return profile === noProfile ? models.at(model).t1ThresholdPpb : profiles.at(profile).t1LimitPpb;
}

/** What the auditors who revealed said, in the order of their draw. */
export function voicesOf(state: LedgerView, audit: Readonly<AuditRow>, task: Judged): Voice[] {
  return audit.auditors.flatMap(({ state: step, validator, numbers }, index) =>
    step === 'revealed'
      ? [
          {
            validator,
            numbers,
            opinion: opinionOf(numbers, opinionBasis(state, audit, task, numbers)),
            isJudged: index < audit.judged,
          },
        ]
      : [],
  );
}

/** Validators whose opinion the verdict, or what was planted, proves false (§10.21, §10.27). */
export function falseVoices(state: LedgerView, audit: Readonly<AuditRow>, task: Judged): Ref<'validators'>[] {
  const voices = voicesOf(state, audit, task);
  // verification §3.4 Between engines an answer can honestly be a pass for one and a failure for another.
  const alike = Map.groupBy(voices, ({ numbers }) => numbers.profile);
  const isJudged = audit.isPlanted && audit.verdict !== 'open';
  return [...alike.values()].flatMap((group) => {
    const opinion = falseOpinionOf(group, audit.verdict);
    const misled = isJudged ? misledBy(state, group, task, audit) : [];
    return group
      .filter((voice) => voice.opinion === opinion || misled.includes(voice))
      .map(({ validator }) => validator);
  });
}

/** §10.25.1 Whether somebody who found this answer soft or hard found right tokens, and numbers too far off. */
export function failsByDistance(state: LedgerView, audit: Readonly<AuditRow>, task: Judged): boolean {
  const failing = voicesOf(state, audit, task).filter(({ opinion }) => opinion === 'soft' || opinion === 'hard');
  return failing.some(({ numbers }) => {
    const basis = { ...opinionBasis(state, audit, task, numbers), t1ThresholdPpb: Number(PPB) };
    return !numbers.isByChance && opinionOf(numbers, basis) === 'pass';
  });
}

/**
 * §10.21 The opinion that a verdict proves false: a pass of what two others found hard, or hard of what two others
 * passed. A missing artifact is no measurement: who keeps it chooses who gets it.
 */
function falseOpinionOf(voices: readonly Voice[], verdict: AuditVerdict): Opinion | null {
  const count = (wanted: Opinion) => voices.filter(({ opinion }) => opinion === wanted).length;
  if (verdict === 'pass') return count('pass') >= 2 ? 'hard' : null;
  if (verdict === 'soft' || verdict === 'hard') return count('hard') >= 2 ? 'pass' : null;
  return null;
}

/**
 * §10.27 Who measures no distance where enough others, and more, measure one: who measures gets nearly the same number,
 * who invents it does not. Who finds one is never false, for the miner itself says that there is one.
 */
function misledBy(state: LedgerView, voices: readonly Voice[], task: Judged, audit: Pick<AuditRow, 'engine'>): Voice[] {
  const measured = voices
    .filter(({ numbers }) => numbers.finding === 'checked')
    .sort((a, b) => a.numbers.t1Ppb - b.numbers.t1Ppb);
  const isWithin = ({ numbers }: Voice) => numbers.t1Ppb <= t1LimitPpb(state, task, numbers);
  const within = measured.filter(isWithin);
  const far = measured.filter((voice) => !isWithin(voice));
  const middle = far[far.length >> 1]?.numbers.t1Ppb ?? 0;
  const agreed = far.filter(({ numbers }) => Math.abs(numbers.t1Ppb - middle) * AGREED_PART <= middle);
  // Where the limit itself lies between them, that is an honest difference.
  const near = within.filter(({ numbers }) => 2 * numbers.t1Ppb <= middle);
  const { operator, owner } = state.miners.at(task.miner);
  const weights = weightsOfEngine(state, impartialWeights(state, [operator, owner], []), audit.engine);
  const judges = countOf(weights);
  const enough = judges > AGREEING ? AGREEING : AGREEING - 1;
  const isMore = agreed.length > near.length && powerOf(state, agreed) > powerOf(state, near);
  return agreed.length >= enough && isMore ? near : [];
}

function powerOf({ powers }: Pick<LedgerView, 'powers'>, voices: readonly Voice[]): number {
  return voices.reduce((sum, { validator }) => sum + powers.at(validator).powerPpb, 0);
}
