import { type Opinion, opinionOf, type Pooled, pooledAfter, SECOND_AUDITOR_PPB } from '@assay/ledger';
import { type AuditNumbers, noNumbers, type Params } from '@assay/protocol';
import type { RandomStream } from '@assay/roles/ports/runtime';
import type { CurvePoint } from './epochs.ts';
import { type Rate, rateOf } from './interval.ts';
import { type Life, liveMiner } from './life.ts';
import type { OverheadPair } from './overhead.ts';
import type { CooledFindings, RealFindings } from './real.ts';
import { collusionPower, mixed, ruleOf } from './verdicts.ts';
import { defaultMarket, selfDealing } from './wash.ts';
import { bestPlan, plans } from './worth.ts';

/** `open`: as counted it is met, but so few were counted that it may be missed. */
export type Outcome = 'met' | 'open' | 'missed';

/** A line of the table: what was to be reached, what was found, from what. */
export interface Row {
  readonly measure: string;
  readonly from: 'real runs' | 'simulation' | 'ledger' | 'formula';
  readonly target: string;
  readonly found: string;
  readonly outcome: Outcome;
  readonly note: string;
}

export interface Ground {
  readonly params: Params;
  readonly t1ThresholdPpb: number;
  readonly real: { readonly honest: RealFindings } & Readonly<
    Record<'requantised' | 'layerCut' | 'smaller', RealFindings>
  >;
  /** A cheap model that draws cooler than it is asked to, at several temperatures. */
  readonly cooled: readonly CooledFindings[];
  readonly overhead: readonly OverheadPair[];
  readonly random: RandomStream;
  /** How much is simulated: a part of the whole. */
  readonly scale: number;
}

const nothing: Pooled = { mismatchesMilli: 0, surprise: noNumbers.surprise };
const requestsPerEpoch = 100;
const mostOverhead = 0.01;
export const percent = (part: number, digits = 2) => `${(100 * part).toFixed(digits)} %`;

/** verification §3.5 Two auditors find the same; of a single one no surprise would be pooled. */
const byTwo = (numbers: AuditNumbers) => [numbers, numbers];

function opinion(numbers: AuditNumbers, t1ThresholdPpb: number, pool = nothing): Opinion {
  return opinionOf(numbers, { t1ThresholdPpb, ...pool });
}

export const shown = ({ count, of, low, high }: Rate) =>
  `${percent(count / of)} of ${of} (${percent(low)} to ${percent(high)})`;

function atLeast(rate: Rate, target: number): Outcome {
  if (rate.low >= target) return 'met';
  return rate.count / rate.of >= target ? 'open' : 'missed';
}

function atMost(rate: Rate, target: number): Outcome {
  if (rate.high <= target) return 'met';
  return rate.count / rate.of <= target ? 'open' : 'missed';
}

/** How many audits of real answers are no pass, each by itself. */
export function detectionRow(measure: string, found: readonly AuditNumbers[], target: number, ground: Ground): Row {
  const full = found.filter(({ positions }) => positions >= ground.params.audit.positions);
  const caught = full.filter((numbers) => opinion(numbers, ground.t1ThresholdPpb) !== 'pass').length;
  const rate = rateOf(caught, full.length);
  const goal = `≥ ${percent(target, 1)} of audits`;
  const note = `of ${ground.params.audit.positions} positions; ${found.length - full.length} shorter answers left out`;
  return { measure, from: 'real runs', target: goal, found: shown(rate), outcome: atLeast(rate, target), note };
}

/** How many real audits of honest answers are no pass, one after the other with what is pooled. */
export function falseAlarmRow(measure: string, found: readonly AuditNumbers[], ground: Ground): Row {
  const failed = failuresInRow(found, ground.t1ThresholdPpb);
  const rate = rateOf(failed, found.length);
  const outcome = atMost(rate, 0.001);
  return { measure, from: 'real runs', target: '≤ 0.1 % of audits', found: shown(rate), outcome, note: '' };
}

function failuresInRow(found: readonly AuditNumbers[], t1ThresholdPpb: number): number {
  let pool = nothing;
  let failed = 0;
  for (const numbers of found) {
    failed += Number(opinion(numbers, t1ThresholdPpb, pool) !== 'pass');
    pool = pooledAfter(pool, byTwo(numbers));
  }
  return failed;
}

/**
 * A cheap model writes, and the right one says its numbers: what an audit finds but for those, which are perfect.
 * Caught when an audit fails before so many tokens are pooled; audits are drawn from the real ones.
 */
export function preFillRow(measure: string, found: readonly AuditNumbers[], tokens: number, ground: Ground): Row {
  const trials = Math.round(10_000 * ground.scale);
  let caught = 0;
  for (let trial = 0; trial < trials; trial++) caught += Number(isCaught(found, tokens, ground));
  const rate = rateOf(caught, trials);
  const note = `drawn from ${found.length} real audits, of two auditors each`;
  const target = `≥ 99 % within ${tokens} tokens`;
  return { measure, from: 'simulation', target, found: shown(rate), outcome: atLeast(rate, 0.99), note };
}

/** The same of a model that draws cooler, at the temperature that is caught the least. */
export function cooledRow(tokens: number, ground: Ground): Row {
  const rows = ground.cooled.map(({ share, byChance }) => {
    const row = preFillRow('the same, cooler and of the 20 likeliest', byChance, tokens, ground);
    return { ...row, caught: Number.parseFloat(row.found), share };
  });
  const [{ caught, share, ...worst }] = rows.toSorted((a, b) => a.caught - b.caught) as [(typeof rows)[number]];
  const each = rows.map((row) => `${row.caught.toFixed(0)} % at ${row.share}`).join(', ');
  return { ...worst, found: `${worst.found}, at ${share} of the heat`, note: `${each}; ${worst.note}` };
}

function isCaught(found: readonly AuditNumbers[], tokens: number, { t1ThresholdPpb, random }: Ground): boolean {
  let [pool, seen] = [nothing, 0];
  while (seen < tokens) {
    const drawn = found[random.int(found.length)] ?? noNumbers;
    const numbers = { ...drawn, t1Ppb: 0, argmaxMismatches: 0 };
    seen += Math.max(1, numbers.positions);
    if (opinion(numbers, t1ThresholdPpb, pool) !== 'pass') return seen <= tokens;
    pool = pooledAfter(pool, byTwo(numbers));
  }
  return false;
}

/** Audits until a miner that cheats in a part of its answers is held. */
export function ejectionRow(share: number, most: number, ground: Ground): Row {
  const lives = Math.max(20, Math.round(1000 * ground.scale));
  const audits = Array.from({ length: lives }, () => lifeOf(ground, 5000, () => isBelow(ground.random, share)))
    .map(({ auditsUntilHeld }) => auditsUntilHeld ?? Number.POSITIVE_INFINITY)
    .toSorted((a, b) => a - b);
  const median = audits[lives >> 1] ?? Number.POSITIVE_INFINITY;
  const who =
    share === 1 ? 'who always cheats is held after' : `who cheats in ${percent(share, 0)} of answers is held after`;
  const found = `${median} audits (of ${lives} lives, the longest ${audits.at(-1)})`;
  const outcome = median <= most ? 'met' : 'missed';
  return { measure: who, from: 'simulation', target: `median ≤ ${most} audits`, found, outcome, note: 'Q4_0 served' };
}

/** Honest miners over many requests: none is held, and next to nothing refused. */
export function honestRow(ground: Ground): Row {
  const [miners, requests] = [Math.max(10, Math.round(1000 * ground.scale)), 10_000];
  let [held, failed] = [0, 0];
  for (let miner = 0; miner < miners; miner++) {
    const life = lifeOf(ground, requests, () => false);
    held += Number(life.auditsUntilHeld !== null);
    failed += life.failed;
  }
  const found = `${held} held, ${failed} of ${miners * requests} refused`;
  const isMet = held === 0 && failed <= 0.001 * miners * requests;
  const outcome = worse(isMet ? 'met' : 'missed', provenBelow(0.001, ground));
  const note = `drawn from ${ground.real.honest.seeded.length} real audits of one engine`;
  const target = '0 held, ≤ 0.1 % of revenue';
  return {
    measure: `${miners} honest miners, ${requests} requests each`,
    from: 'simulation',
    target,
    found,
    outcome,
    note,
  };
}

/** What real audits themselves say of a rate: lives that are drawn from them repeat them, and prove no more. */
function provenBelow(target: number, { real, t1ThresholdPpb }: Ground): Outcome {
  const { seeded } = real.honest;
  return atMost(rateOf(failuresInRow(seeded, t1ThresholdPpb), seeded.length), target);
}

const worse = (one: Outcome, other: Outcome): Outcome =>
  (['missed', 'open'] as const).find((outcome) => one === outcome || other === outcome) ?? 'met';

/** Confirmed failures of honest requests. */
export function confirmedRow(ground: Ground): Row {
  const audits = Math.round(1_000_000 * ground.scale);
  const { seeded } = ground.real.honest;
  let [pool, failed] = [nothing, 0];
  for (let i = 0; i < audits; i++) {
    const numbers = seeded[ground.random.int(seeded.length)] ?? noNumbers;
    failed += Number(opinion(numbers, ground.t1ThresholdPpb, pool) !== 'pass');
    pool = pooledAfter(pool, byTwo(numbers));
  }
  const rate = rateOf(failed, audits);
  const found = `${failed} of ${audits} audits (≤ ${rate.high.toExponential(1)})`;
  const note = `drawn from ${seeded.length} real audits: a rarer error was not seen`;
  const outcome = worse(atMost(rate, 1e-5), provenBelow(1e-5, ground));
  return {
    measure: 'confirmed false failures',
    from: 'simulation',
    target: '≤ 10⁻⁵ of requests',
    found,
    outcome,
    note,
  };
}

/** The best of many plans when to cheat, and when to stop. */
export function worthRow(ground: Ground): Row {
  const { params, t1ThresholdPpb, random, real } = ground;
  const findings = { honest: real.honest.seeded, cheating: real.requantised.seeded };
  const lives = Math.max(5, Math.round(100 * ground.scale));
  const asked = { params, t1ThresholdPpb, findings, requests: 2000, requestsPerEpoch, lives, random };
  const { plan, worth, error } = bestPlan(asked);
  const found = `${worth.toFixed(1)} ± ${(2 * error).toFixed(1)} prices, the best of ${plans.length} plans`;
  const outcome = worth + 2 * error < 0 ? 'met' : worth - 2 * error < 0 ? 'open' : 'missed';
  const [share, most] = [percent(plan.share, 0), Number.isFinite(plan.most) ? `${plan.most} times` : 'without end'];
  const trust = percent(plan.leastTrustPpb / 1e9, 0);
  const note = `${share} of answers after ${plan.honestFirst}, with trust from ${trust} on, ${most}`;
  return { measure: 'worth of cheating', from: 'simulation', target: '< 0 for every plan', found, outcome, note };
}

/** A colluding third of the stake over all audits of miners that nobody doubts. */
export function collusionRow(): Row {
  const [one, two] = [collusionPower(ruleOf(1), 1 / 3), collusionPower(ruleOf(2), 1 / 3)];
  const usual = mixed(one, two, SECOND_AUDITOR_PPB / 1e9);
  const parts = [percent(usual.innocentConvicted, 1), percent(usual.cheatAcquitted, 1)];
  const found = `${parts[0]} of innocents convicted, ${parts[1]} of cheats acquitted`;
  const note = 'two auditors for each audit: 6 % and 19 %; less takes five or more for each';
  const isMet = Math.max(usual.innocentConvicted, usual.cheatAcquitted) < 0.03;
  const outcome = isMet ? 'met' : 'missed';
  return { measure: 'a colluding third changes', from: 'formula', target: '< 3 % of verdicts', found, outcome, note };
}

export function washRow(): Row {
  const feesUnits = 1_000_000_000n;
  const tenth = { capacityBps: 1000, isSteered: false, isBootstrap: false, feesUnits };
  const worth = Number(selfDealing(defaultMarket, tenth)) / Number(feesUnits);
  const found = `${worth.toFixed(3)} for each unit spent`;
  const outcome = worth < 0 ? 'met' : 'missed';
  return {
    measure: 'own traffic at 10 % of capacity',
    from: 'formula',
    target: '< 0',
    found,
    outcome,
    note: 'economics §7',
  };
}

/** What audits cost beside generation, when nearly all miners are trusted. */
export function costRow({ params, real: { honest } }: Ground): Row {
  const rate = params.audit.floorPpb / 1e9;
  const auditors = 1 + SECOND_AUDITOR_PPB / 1e9;
  const cost = (rate * auditors * honest.auditedMs) / honest.writtenMs;
  const found = `${percent(cost)} of generation`;
  const each = percent(honest.auditedMs / honest.writtenMs, 0);
  const note = `${percent(rate, 0)} of answers, ${auditors} auditors, each ${each} of an answer`;
  const outcome = cost <= 0.01 ? 'met' : 'missed';
  return { measure: 'cost of audits', from: 'real runs', target: '≤ 1 % of generation', found, outcome, note };
}

/** What a miner's evidence takes: how much longer an answer takes through it, pair by pair, and their median. */
export function overheadRow({ overhead }: Ground): Row {
  const ratios = overhead.map(({ bareMs, minedMs }) => minedMs / bareMs - 1).toSorted((a, b) => a - b);
  const { low, high } = medianInterval(ratios);
  const median = ratios[ratios.length >> 1] ?? 0;
  const signed = (part: number) => `${part < 0 ? '−' : '+'}${percent(Math.abs(part))}`;
  const shownInterval = Number.isFinite(low) ? `(${signed(low)} to ${signed(high)})` : '(too few for an interval)';
  const found = `${signed(median)} ${shownInterval}, the median of ${ratios.length} pairs`;
  const outcome = high <= mostOverhead ? 'met' : low > mostOverhead ? 'missed' : 'open';
  const tokens = overhead.reduce((sum, pair) => sum + pair.tokens, 0);
  const [bare, mined] = (['bareMs', 'minedMs'] as const).map((way) => {
    const ms = overhead.reduce((sum, pair) => sum + pair[way], 0);
    return ((1000 * tokens) / Math.max(1, ms)).toFixed(1);
  });
  const spread = `${signed(ratios[0] ?? 0)} to ${signed(ratios.at(-1) ?? 0)}`;
  const note = `${bare} tokens/s bare, ${mined} mined; pairs from ${spread}`;
  const goal = '≤ 1 % of generation';
  return { measure: 'what evidence costs a miner', from: 'real runs', target: goal, found, outcome, note };
}

/** What holds the median of so many values, in order, with 95 %: the tails of a fair coin. Of few nothing does. */
function medianInterval(ordered: readonly number[]): { readonly low: number; readonly high: number } {
  const count = ordered.length;
  let [chance, tail, below] = [0.5 ** count, 0, 0];
  while (tail + chance <= 0.025) {
    tail += chance;
    chance *= (count - below) / (below + 1);
    below++;
  }
  const [low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY] =
    below === 0 ? [] : [ordered[below - 1], ordered[count - below]];
  return { low, high };
}

/** The largest distance of the counted curves from the formula, in widths of their intervals. */
export function curveRow(points: readonly CurvePoint[]): Row {
  const outside = points.flatMap(({ escapes, honestPunished, formula }) => [
    isOutside(escapes, formula.escapes),
    isOutside(honestPunished, formula.honestPunished),
  ]);
  const count = outside.filter(Boolean).length;
  const epochs = points[0]?.escapes.of ?? 0;
  const found = `${count} of ${outside.length} points outside their intervals, ${epochs} epochs`;
  // Of forty intervals of 95 % two miss what they are about, by chance.
  const outcome = count <= Math.ceil(0.15 * outside.length) ? 'met' : 'missed';
  const target = 'the Poisson formula';
  return { measure: 'both error curves follow', from: 'simulation', target, found, outcome, note: '' };
}

const isOutside = ({ low, high }: Rate, chance: number) => chance < low || chance > high;

function lifeOf({ params, t1ThresholdPpb, real, random }: Ground, requests: number, cheats: () => boolean): Life {
  const findings = { honest: real.honest.seeded, cheating: real.requantised.seeded };
  return liveMiner({ params, t1ThresholdPpb, findings, requests, requestsPerEpoch, cheats, random });
}

const isBelow = (random: RandomStream, share: number) => random.int(1_000_000) < share * 1_000_000;
