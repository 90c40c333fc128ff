import {
  type ChallengeReport,
  ChallengeTurn,
  type LedgerEvent,
  limits,
  MeasureRow,
  messageTypes,
  type Ref,
  type ResultCode,
  signingDomain,
  signingRoot,
  type Verdict,
} from '@assay/protocol';
import { concatBytes, encodeText, equalBytes, littleEndian, sha256 } from '@assay/ssz';
import { itemAt } from '../arithmetic/invariant.ts';
import { committeeOf } from '../draw/committee.ts';
import { lotBelow } from '../draw/weighted.ts';
import { epochValues } from '../standing/measured.ts';
import type { LedgerState, LedgerView } from '../state/state.ts';
import type { Verifier } from '../state/verifier.ts';
import { addDisputes, disputesCode, type Issued } from './disputes.ts';

const LINE = encodeText('line');
/** Weight of no challenge at all, so large that the rounding of the others does not count. */
const ONE = 10n ** 30n;

/** What a mixer signs to learn whom it measures (§8.1). */
export function challengeSigningRoot(chain: LedgerView['chain'], epoch: number): Uint8Array {
  return signingRoot(ChallengeTurn.hashTreeRoot({ epoch }), signingDomain(chain, messageTypes.challengeTurn));
}

/** A mixer of the present committee, and its reveal of this epoch. */
export interface Measurer {
  readonly mixer: Ref<'mixers'>;
  readonly reveal: Uint8Array;
}

/** What a mixer measures of a miner in an epoch. */
export interface MeasuringDuty {
  /** Challenges it owes. */
  readonly owed: number;
  /** Whether it measures latency and bandwidth too. */
  readonly isOfLine: boolean;
}

const nothing: MeasuringDuty = { owed: 0, isOfLine: false };

/**
 * What a mixer's reveal makes it measure of a miner (§8.1): nobody else can tell before it is shown. Nothing of a miner
 * that its own account operates or owns.
 */
export function measuringOf(state: LedgerView, { mixer, reveal }: Measurer, miner: Ref<'miners'>): MeasuringDuty {
  const row = state.miners.get(miner);
  const account = state.mixers.get(mixer)?.account;
  if (row === undefined || account === undefined) return nothing;
  if (equalBytes(account, row.operator) || equalBytes(account, row.owner)) return nothing;
  const seats = committeeOf(state, state.globals.epoch).length;
  const lot = concatBytes([reveal, littleEndian(miner, 4)]);
  return {
    owed: challengesOwed(lot, state.params.challenges.lambdaMilli, seats),
    isOfLine: lotBelow(sha256(lot, LINE), BigInt(seats)) < BigInt(limits.measurers),
  };
}

/**
 * Poisson(λ · 3 / seats), as the lot draws it (§8.1): k has the weight mean^k / k!, and the lot falls among the weights
 * of 0 to `maxChallenges`. Over all mixers of a committee it is Poisson(3λ).
 */
export function challengesOwed(lot: Uint8Array, lambdaMilli: number, seats: number = limits.measurers): number {
  const mean = BigInt(lambdaMilli) * BigInt(Math.min(limits.measurers, seats));
  const weights = [ONE];
  for (let k = 1n; k <= BigInt(limits.maxChallenges); k++) {
    weights.push((itemAt(weights, weights.length - 1) * mean) / (1000n * k * BigInt(seats)));
  }
  let left = lotBelow(
    sha256(lot),
    weights.reduce((sum, weight) => sum + weight, 0n),
  );
  return weights.findIndex((weight) => {
    left -= weight;
    return left < 0n;
  });
}

/** Whose reports are judged, and of which epoch. */
export interface ReportTurn {
  readonly mixer: Ref<'mixers'>;
  readonly epoch: number;
  readonly verifier: Verifier;
  /** Ids of the tasks that the same batch certifies. */
  readonly certified: readonly Uint8Array[];
}

/** The code of the first invalid report, or OK (§8.1). */
export function reportsCode(state: LedgerView, reports: readonly ChallengeReport[], turn: ReportTurn): ResultCode {
  const [first] = reports;
  if (first === undefined) return 'OK';
  const seat = committeeOf(state, state.globals.epoch).find((each) => each.mixer === turn.mixer);
  if (seat === undefined || turn.epoch !== state.globals.epoch) return 'REPORT_NOT_MEASURER';
  // There is one signature of a key over an epoch: all reports carry the same.
  const isSigned = turn.verifier.bls([seat.blsPublicKey], challengeSigningRoot(state.chain, turn.epoch), first.reveal);
  const seen = new Set<number>();
  for (const report of reports) {
    if (!isSigned || !equalBytes(report.reveal, first.reveal)) return 'REPORT_BAD_REVEAL';
    const code = reportCode(state, report, turn.mixer);
    if (code !== 'OK') return code;
    if (seen.has(report.miner)) return 'REPORT_DUPLICATE';
    seen.add(report.miner);
  }
  return disputesCode(state, reports, turn.certified);
}

function reportCode(state: LedgerView, report: ChallengeReport, mixer: Ref<'mixers'>): ResultCode {
  const { miner, reveal, disputed, asked, right, hashRate, bandwidth, latencyMs } = report;
  const { owed, isOfLine } = measuringOf(state, { mixer, reveal }, miner);
  const isLine = bandwidth > 0n || latencyMs > 0;
  const isOdd = (isLine && !isOfLine) || (hashRate > 0n && owed === 0) || (owed === 0 && !isOfLine);
  if (isOdd) return 'REPORT_NOT_MEASURER';
  const row = state.measures.of(miner);
  const isKnown = row?.epoch === state.globals.epoch && row.reports.some((each) => each.mixer === mixer);
  if (isKnown) return 'REPORT_DUPLICATE';
  const answered = right + disputed.length;
  const fits = asked <= owed && answered <= asked && (hashRate === 0n || answered > 0);
  return fits ? 'OK' : 'REPORT_BAD_COUNTS';
}

/** Keeps what a mixer measured, and makes tasks of the challenges it disputes (§8.4, §8.6). */
export function applyReports(state: LedgerState, reports: readonly ChallengeReport[], issued: Issued): LedgerEvent[] {
  const { mixer } = issued;
  return reports.flatMap(({ reveal, miner, disputed, ...found }): LedgerEvent[] => {
    const { owed } = measuringOf(state, { mixer, reveal }, miner);
    // §8.3 One mixer's word would be all there is.
    const isTextAlone = state.miners.at(miner).evidenceLevel === 0;
    const measured = isTextAlone ? { ...found, hashRate: 0n } : found;
    const { asked, right } = measured;
    const row = withAnswers(rowOfEpoch(state, miner), { right, wrong: asked - right - disputed.length });
    const report = { mixer, owed, disputed: disputed.length, ...measured };
    state.measures.put({ ...row, reports: [...row.reports, report] });
    return [{ type: 'minerMeasured', miner, ...report }, ...addDisputes(state, disputed, { ...issued, miner })];
  });
}

/**
 * The miner's row with the reports of this epoch and the answers of this reward period; reports of an earlier one
 * become a value each (§8.4).
 */
function rowOfEpoch({ measures, globals }: LedgerState, miner: Ref<'miners'>): MeasureRow {
  const { epoch, period } = globals;
  const row = measures.of(miner);
  const answers = row?.period === period ? { right: row.right, wrong: row.wrong } : { right: 0, wrong: 0 };
  const begun = { miner, epoch, failed: 0, reports: [], period, ...answers };
  if (row === undefined) return { ...begun, hashRates: [], bandwidths: [], latenciesMs: [] };
  if (row.epoch !== epoch) return { ...begun, ...epochValues(row) };
  return { ...row, period, ...answers };
}

/** economics §7.1.1 What counts for and against the capacity of a reward period. */
function withAnswers(row: MeasureRow, { right, wrong }: Pick<MeasureRow, 'right' | 'wrong'>): MeasureRow {
  return { ...row, ...MeasureRow.bounded({ right: row.right + right, wrong: row.wrong + wrong }) };
}

/**
 * What auditors found of a challenge: a pass is a right answer, whatever its mixer knew (economics §7.1.1). The failure
 * that makes it `alpha` in an epoch costs the emission of the period (§8.5).
 */
export function countJudged(state: LedgerState, miner: Ref<'miners'>, verdict: Verdict): LedgerEvent[] {
  if (verdict === 'noResult' || verdict === 'hung') return [];
  const row = rowOfEpoch(state, miner);
  if (verdict === 'pass') {
    state.measures.put(withAnswers(row, { right: 1, wrong: 0 }));
    return [];
  }
  const failed = row.failed + 1;
  state.measures.put({ ...withAnswers(row, { right: 0, wrong: 1 }), failed });
  if (failed !== state.params.challenges.alpha) return [];
  state.miners.update(miner, { forfeits: true });
  return [{ type: 'challengesFailed', miner, failed }];
}
