import type { MinerScore, Pool, PoolShare, Ref } from '@assay/protocol';
import { apportion, apportionSteps } from '../arithmetic/apportion.ts';
import { PPB } from '../arithmetic/integers.ts';
import { itemAt } from '../arithmetic/invariant.ts';
import { READ, type Steps } from '../arithmetic/pace.ts';
import { termsAt } from '../stake/domains.ts';
import { heldOfMiners } from '../stake/fines.ts';
import { measuredValues } from '../standing/measured.ts';
import { levelFactorPpb, MAX_LEVEL, successRatePpb } from '../standing/standing.ts';
import type { Standing } from '../state/bring-forward.ts';
import type { Limit } from './burns.ts';
import { finals, SHARE_PPB } from './competition.ts';
import { countedTrustPpb, type Raw, rawOf, weighedOf } from './contestants.ts';
import { feedbackOf } from './feedback.ts';
import { shareOf } from './payouts.ts';
import { judgeWeak, weakFactorPpb } from './weak.ts';
import type { Work } from './work.ts';

/** What is to be divided, and the most that domains and miners may get of it. */
interface Stack {
  readonly units: bigint;
  readonly ofDomain: Limit;
  readonly ofMiner: Limit;
}

/** How the miners' stack was divided. */
interface MinersStack {
  readonly division: readonly PoolShare[];
  readonly minerPools: readonly Pool[];
  /** Domain by domain. */
  readonly scores: readonly MinerScore[];
}

interface Contestant {
  readonly miner: Ref<'miners'>;
  readonly raw: Raw;
  readonly trustPpb: number;
  readonly levelPpb: bigint;
  /** Weak periods before this one, and what they multiply with. */
  readonly weakPeriods: number;
  readonly weakPpb: number;
}

/** The competition of one domain. */
interface Competition {
  readonly domain: Ref<'domains'>;
  readonly contestants: readonly Contestant[];
  /** Their Finals. */
  readonly weights: readonly bigint[];
  /** Their work, times what multiplies it: what brings the domain its part of the stack. */
  readonly work: bigint;
}

/** The miners' stack: divided among domains by work, in each by its competition (economics §4.2, §4.6). */
export function* minersPools(work: Work, standings: readonly Standing[], stack: Stack): Steps<MinersStack> {
  const domains = yield* contestantsOf(work, standings);
  const competitions: Competition[] = [];
  for (const domain of [...domains.keys()].toSorted((a, b) => a - b)) {
    competitions.push(yield* competitionOf(work, domain, domains.get(domain) ?? []));
  }
  const division = divisionOf(competitions, stack);
  const minerPools: Pool[] = [];
  const scores: MinerScore[] = [];
  for (const competition of competitions) {
    const units = division.find(({ role }) => role === competition.domain)?.units ?? 0n;
    const ofMiner = isGuarded(work, competition.domain) ? stack.ofMiner : null;
    const shares = yield* sharesOf(work, competition, { units, ofMiner, scores });
    if (shares.length > 0) minerPools.push({ source: 'emission', stack: 'miners', kind: 'miner', units, shares });
  }
  return { division, minerPools, scores };
}

/** Only domains in which anybody has a Final get a part. */
function divisionOf(competitions: readonly Competition[], { units, ofDomain }: Stack): PoolShare[] {
  const entered = competitions.filter(({ weights }) => weights.some((weight) => weight > 0n));
  const works = entered.map(({ work }) => work);
  const parts = apportion(units, works);
  return entered.map(({ domain, work }, i) =>
    shareOf({ role: domain, weight: work, units: itemAt(parts, i) }, ofDomain?.(domain) ?? null),
  );
}

/** economics §7.4 A domain that is not guarded is limited as a whole, and divides that as its weights say. */
function isGuarded({ books }: Work, domain: Ref<'domains'>): boolean {
  return termsAt(books.domains.at(domain), books.globals.epoch).washGuard;
}

/** The miners that compete, by domain, and what was measured of them. */
function* contestantsOf(
  { books, pace }: Work,
  standings: readonly Standing[],
): Steps<ReadonlyMap<Ref<'domains'>, readonly Contestant[]>> {
  const { params, globals, miners } = books;
  const feedback = yield* feedbackOf(books, pace);
  const held = heldOfMiners(books);
  const measures = new Map(Array.from(books.measures, (row) => [row.miner, row] as const));
  const levels = Array.from({ length: MAX_LEVEL + 1 }, (_, level) => levelFactorPpb(level, params.levels));
  const domains = new Map<Ref<'domains'>, Contestant[]>();
  for (const [miner, settled] of standings.entries()) {
    if (pace.isSpent(READ)) yield;
    const row = miners.at(miner);
    const [performancePpb, heldUnits] = [performanceOf(settled), held.get(miner) ?? 0n];
    const byChallenges = measuredValues(measures.get(miner));
    const kept = { feedback: feedback.get(miner) ?? 0n, heldUnits, performancePpb, byChallenges };
    const raw = rawOf(row, kept, { ...params, period: globals.period });
    if (raw === null) continue;
    const { byStanding } = params.rewards;
    const trustPpb = byStanding ? countedTrustPpb(row, settled, params) : Number(PPB);
    const levelPpb = byStanding ? itemAt(levels, settled.level) : PPB;
    const members = domains.get(row.domain) ?? [];
    const { weakPeriods } = row;
    const weak = { weakPeriods, weakPpb: weakFactorPpb(weakPeriods, params.weak) };
    const contestant = { miner, raw, trustPpb, levelPpb, ...weak };
    if (members.push(contestant) === 1) domains.set(row.domain, members);
  }
  return domains;
}

/** Audits passed × tasks in time, parts per billion (economics §4.3). */
function performanceOf(standing: Standing): bigint {
  return (successRatePpb(standing) * BigInt(standing.availabilityPpb)) / PPB;
}

/** Trust, level and weak scores multiply what was measured. */
function* competitionOf(work: Work, domain: Ref<'domains'>, contestants: readonly Contestant[]): Steps<Competition> {
  const { books, pace } = work;
  let all = 0n;
  for (const { miner, trustPpb, levelPpb } of contestants) {
    all += books.miners.at(miner).epochVwu * BigInt(trustPpb) * levelPpb;
    if (pace.isSpent(READ)) yield;
  }
  const unreduced = yield* finalsOf(work, { domain, contestants }, () => 1n);
  const isReduced = contestants.some(({ weakPpb }) => BigInt(weakPpb) < PPB);
  const weights = isReduced
    ? yield* finalsOf(work, { domain, contestants }, ({ weakPpb }) => BigInt(weakPpb))
    : unreduced;
  yield* judgeWeak(work, contestants, unreduced);
  return { domain, contestants, weights, work: all };
}

/** Final of each contestant, its measured values times trust, level and a factor (economics §4.2). */
function* finalsOf(
  { books, pace }: Work,
  { domain, contestants }: Pick<Competition, 'domain' | 'contestants'>,
  factorOf: (contestant: Contestant) => bigint,
): Steps<bigint[]> {
  const weighed = weighedOf(termsAt(books.domains.at(domain), books.globals.epoch), books.params);
  const columns = weighed.map(({ read }) => ({ read, values: [] as bigint[] }));
  for (const contestant of contestants) {
    const { raw, trustPpb, levelPpb } = contestant;
    const factor = BigInt(trustPpb) * levelPpb * factorOf(contestant);
    for (const { read, values } of columns) values.push(read(raw) * factor);
    if (pace.isSpent(READ)) yield;
  }
  const raws = columns.map(({ values }) => values);
  const alphaBps = weighed.map((component) => component.alphaBps);
  return yield* finals(raws, { contestants: contestants.length, alphaBps }, pace);
}

/** What each contestant gets of its domain's part; its score is added to `scores`. */
function* sharesOf(
  { pace }: Work,
  { contestants, weights }: Competition,
  { units, ofMiner, scores }: Omit<Stack, 'ofDomain'> & { readonly scores: MinerScore[] },
): Steps<PoolShare[]> {
  const parts = yield* apportionSteps(units, weights, pace);
  const shares: PoolShare[] = [];
  for (const [index, { miner, raw, trustPpb, levelPpb, weakPpb }] of contestants.entries()) {
    const [weight = 0n, part = 0n] = [weights[index], parts[index]];
    const share = shareOf({ role: miner, weight, units: part }, ofMiner?.(miner) ?? null);
    const own = { miner, trustPpb, levelPpb: Number(levelPpb), weakPpb, raw };
    scores.push({ ...own, finalPpb: weight / SHARE_PPB, weight, emissionUnits: share.units });
    if (weight > 0n) shares.push(share);
    if (pace.isSpent(READ)) yield;
  }
  return shares;
}
