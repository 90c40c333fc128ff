import {
  type ChallengeReport,
  ChallengeTurn,
  type CommitteeSeat,
  equalBytes,
  limits,
  littleEndian,
  type MeasureRow,
  messageTypes,
  type ResultCode,
  sha256,
  signingDomain,
  signingRoot,
} from '@assay/protocol';
import { committeeOf } from './committee.ts';
import { lotBelow, sampleByWeight } from './draw.ts';
import { epochValues } from './measured.ts';
import type { LedgerEvent } from './result.ts';
import { standingAfter } from './standing.ts';
import type { LedgerState, LedgerView } from './state.ts';
import type { Verifier } from './verifier.ts';

const MEASURE = new TextEncoder().encode('measure');
/** Weight of no challenge at all, so large that the rounding of the others does not count. */
const ONE = 10n ** 30n;

/** What a mixer signs to learn how many challenges it owes a miner (§8.1). */
export function challengeSigningRoot(chain: LedgerView['chain'], turn: { epoch: number; miner: number }): Uint8Array {
  return signingRoot(ChallengeTurn.hashTreeRoot(turn), signingDomain(chain, messageTypes.challengeTurn));
}

/** The mixers that measure a miner this epoch, in the order of their draw (§8.1). */
export function measurersOf(state: LedgerView, miner: number): CommitteeSeat[] {
  const { operator, owner } = state.miners.at(miner);
  const seats = committeeOf(state, state.globals.epoch);
  const weights = seats.map(({ mixer }) => {
    const { account } = state.mixers.at(mixer);
    return equalBytes(account, operator) || equalBytes(account, owner) ? 0n : 1n;
  });
  const seed = sha256(state.globals.epochBeacon, littleEndian(miner, 4), MEASURE);
  return sampleByWeight(seed, weights, limits.measurers).flatMap(({ index }) => seats[index] ?? []);
}

/**
 * Poisson(λ), as the reveal draws it (§8.1): k has the weight λ^k / k!, and the lot of the reveal falls among the
 * weights of 0 to `maxChallenges`.
 */
export function challengesOwed(reveal: Uint8Array, lambdaMilli: number): number {
  const weights = [ONE];
  for (let k = 1n; k <= BigInt(limits.maxChallenges); k++) {
    weights.push(((weights.at(-1) ?? 0n) * BigInt(lambdaMilli)) / (1000n * k));
  }
  let left = lotBelow(
    sha256(reveal),
    weights.reduce((sum, weight) => sum + weight, 0n),
  );
  return weights.findIndex((weight) => {
    left -= weight;
    return left < 0n;
  });
}

/** Whose reports are judged, and of which epoch. */
export interface ReportTurn {
  readonly mixer: number;
  readonly epoch: number;
  readonly verifier: Verifier;
}

/** The code of the first invalid report, or OK (§8.1). */
export function reportsCode(state: LedgerView, reports: readonly ChallengeReport[], turn: ReportTurn): ResultCode {
  const seen = new Set<number>();
  for (const report of reports) {
    const code = reportCode(state, report, turn);
    if (code !== 'OK') return code;
    if (seen.has(report.miner)) return 'REPORT_DUPLICATE';
    seen.add(report.miner);
  }
  return 'OK';
}

function reportCode(
  state: LedgerView,
  { miner, reveal, failed }: ChallengeReport,
  { mixer, epoch, verifier }: ReportTurn,
): ResultCode {
  const measurers = state.miners.get(miner) === undefined ? [] : measurersOf(state, miner);
  const seat = measurers.find((each) => each.mixer === mixer);
  if (seat === undefined || epoch !== state.globals.epoch) return 'REPORT_NOT_MEASURER';
  const row = state.measures.of(miner);
  const isKnown = row?.epoch === epoch && row.reports.some((report) => report.mixer === mixer);
  if (isKnown) return 'REPORT_DUPLICATE';
  const root = challengeSigningRoot(state.chain, { epoch, miner });
  if (!verifier.bls([seat.blsPublicKey], root, reveal)) return 'REPORT_BAD_REVEAL';
  return failed > challengesOwed(reveal, state.params.challenges.lambdaMilli) ? 'REPORT_TOO_MANY_FAILURES' : 'OK';
}

/** Keeps what a mixer measured, and punishes who failed too many challenges (§8.4, §8.5). */
export function applyReports(state: LedgerState, reports: readonly ChallengeReport[], mixer: number): LedgerEvent[] {
  return reports.flatMap(({ reveal, miner, ...measured }): LedgerEvent[] => {
    const owed = challengesOwed(reveal, state.params.challenges.lambdaMilli);
    const row = rowOfEpoch(state, miner);
    state.measures.put({ ...row, reports: [...row.reports, { mixer, owed, ...measured }] });
    return [{ type: 'minerMeasured', miner, mixer, owed, ...measured }, ...punishment(state, miner, measured.failed)];
  });
}

/** The miner's row with the reports of this epoch; those of an earlier one become a value each (§8.4). */
function rowOfEpoch({ measures, globals }: LedgerState, miner: number): MeasureRow {
  const { epoch } = globals;
  const row = measures.of(miner);
  if (row === undefined) return { miner, epoch, reports: [], hashRates: [], bandwidths: [], latenciesMs: [] };
  if (row.epoch === epoch) return { ...row };
  return { miner, epoch, reports: [], ...epochValues(row) };
}

/** §8.5 Once, with the report that makes it most of the measurers. */
function punishment(state: LedgerState, miner: number, failed: number): LedgerEvent[] {
  const { alpha } = state.params.challenges;
  const failing = (state.measures.of(miner)?.reports ?? []).filter((report) => report.failed >= alpha);
  const majority = (measurersOf(state, miner).length >> 1) + 1;
  if (failed < alpha || failing.length !== majority) return [];
  const row = state.miners.at(miner);
  state.miners.update(miner, { forfeits: true, epochFailed: row.epochFailed + 1, ...standingAfter(row, 'soft') });
  return [{ type: 'challengesFailed', miner, mixers: failing.map(({ mixer }) => mixer) }];
}
