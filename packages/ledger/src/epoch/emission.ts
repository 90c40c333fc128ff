import { type ModelRow, securityWeights } from '@assay/protocol';
import { apportion, apportionSteps } from '../apportion.ts';
import { heldOfMiners } from '../fines.ts';
import { capped, MAX_UNITS, PPB } from '../integers.ts';
import { type Pace, READ, type Steps } from '../pace.ts';
import type { EmissionRate, MinerScore, PaidKind, Pool, PoolShare } from '../result.ts';
import { levelFactorPpb, MAX_LEVEL, successRatePpb } from '../standing.ts';
import type { ClosedBooks } from './books.ts';
import { finals, SHARE_ONE } from './competition.ts';
import { countedTrustPpb, type Raw, rawOf, valuesOf, weighedOf } from './contestants.ts';
import { feedbackOf } from './feedback.ts';
import { type PayoutBook, shareOut } from './payouts.ts';
import { nothingLost, type Uncredited, uncreditedWork } from './wash.ts';
import type { Work } from './work.ts';

const source = 'emission';

/** What a reward period minted, and for whom. */
export interface Emission {
  readonly mintedUnits: bigint;
  readonly pools: readonly Pool[];
  readonly scores: readonly MinerScore[];
}

/** The emission of a reward period before it is divided: the day's amount by its time (economics §1.2, §7.2). */
export function emissionOf(
  { perDayUnits, forMs, limitUnits }: Pick<EmissionRate, 'perDayUnits' | 'forMs' | 'limitUnits'>,
  dayMs: number,
): bigint {
  const units = (perDayUnits * BigInt(forMs)) / BigInt(dayMs);
  return limitUnits === null ? units : capped(units, limitUnits);
}

/**
 * Mints a reward period's emission and divides it by stacks (economics §3.1). A stack without qualified contestants is
 * not minted.
 */
export function* emit(work: Work, rate: EmissionRate, book: PayoutBook): Steps<Emission> {
  const { books, state, pace } = work;
  const { params, globals } = books;
  const units = emissionOf(rate, params.rewards.dayMs);
  const room = MAX_UNITS - globals.genesisUnits - globals.mintedUnits;
  const { minersBps, securityBps, creatorsBps, gatewaysBps, treasuryBps } = params.stacks;
  const stacks = [minersBps, securityBps, creatorsBps, gatewaysBps, treasuryBps].map(BigInt);
  const parts = apportion(capped(units, room), stacks);
  const [miners = 0n, security = 0n, creators = 0n, gateways = 0n, treasury = 0n] = parts;
  const { pool, scores } = yield* minersPool(work, miners);
  const creations = Array.from(books.models, creatorWeight);
  const forwarded = Array.from(books.gateways, (gateway) => BigInt(gateway.epochDuties));
  const pools = [
    pool,
    ...securityPools(books, security),
    shareOut({ source, stack: 'creators', kind: 'model' }, creators, creations),
    shareOut({ source, stack: 'gateways', kind: 'gateway' }, gateways, forwarded),
  ];
  for (const paid of pools) yield* payPool(books, paid, book, pace);
  book.addTreasury(source, treasury);
  const mintedUnits = pools.reduce((sum, paid) => sum + mintedOf(paid), treasury);
  state.setGlobals({
    mintedUnits: state.globals.mintedUnits + mintedUnits,
    settlingUnits: state.globals.settlingUnits + mintedUnits,
  });
  return { mintedUnits, pools, scores };
}

/**
 * Usage × performance (economics §3.3): the VWU of a model times the part of its audits that passed; without an audit
 * the VWU alone, all of which was approved.
 */
function creatorWeight({ epochVwu, epochPassed, epochFailed }: Readonly<ModelRow>): bigint {
  const audits = epochPassed + epochFailed;
  return audits === 0 ? epochVwu : (epochVwu * BigInt(epochPassed)) / BigInt(audits);
}

function mintedOf({ units, shares }: Pool): bigint {
  return shares.length > 0 ? units : 0n;
}

interface Contestant {
  readonly miner: number;
  readonly raw: Raw;
  readonly trustPpb: number;
  readonly levelPpb: bigint;
  readonly uncredited: Uncredited;
}

/** The miners' competition (economics §4.2): trust multiplies what was measured. */
function* minersPool(work: Work, units: bigint): Steps<{ readonly pool: Pool; readonly scores: MinerScore[] }> {
  const { books, pace } = work;
  const weighed = weighedOf(books.params);
  const contestants = yield* contestantsOf(work);
  const values: (readonly bigint[])[] = [];
  for (const { raw, trustPpb, levelPpb } of contestants) {
    values.push(valuesOf(raw, weighed, BigInt(trustPpb) * levelPpb));
    if (pace.isSpent(READ)) yield;
  }
  const weights = yield* finals(values, weighed.alphaBps, pace);
  values.length = 0;
  const parts = yield* apportionSteps(units, weights, pace);
  const scores: MinerScore[] = [];
  const shares: PoolShare[] = [];
  for (const [place, { miner, raw, trustPpb, levelPpb, uncredited }] of contestants.entries()) {
    const [weight = 0n, emissionUnits = 0n] = [weights[place], parts[place]];
    const finalPpb = weight / (SHARE_ONE / PPB);
    const own = { miner, trustPpb, levelPpb: Number(levelPpb), uncredited };
    scores.push({ ...own, raw, finalPpb, weight, emissionUnits });
    if (weight > 0n) shares.push({ role: miner, weight, units: emissionUnits });
    if (pace.isSpent(READ)) yield;
  }
  return { pool: { source, stack: 'miners', kind: 'miner', units, shares }, scores };
}

/** The miners that compete, and what was measured of them. */
function* contestantsOf({ books, state, pace }: Work): Steps<Contestant[]> {
  const { params, globals, miners } = books;
  const lost = yield* uncreditedWork(books, pace);
  const feedback = yield* feedbackOf(books, pace);
  const held = heldOfMiners(books);
  const levels = Array.from({ length: MAX_LEVEL + 1 }, (_, level) => levelFactorPpb(level, params.levels));
  const contestants: Contestant[] = [];
  for (let miner = 0; miner < miners.length; miner++) {
    if (pace.isSpent(READ)) yield;
    const row = miners.at(miner);
    const settled = state.miners.at(miner);
    const uncredited = lost.get(miner) ?? nothingLost;
    const passedPpb = successRatePpb(settled);
    const measured = { uncredited, feedback: feedback.get(miner) ?? 0n, heldUnits: held.get(miner) ?? 0n, passedPpb };
    const raw = rawOf(row, measured, { period: globals.period, rewards: params.rewards });
    if (raw === null) continue;
    const trustPpb = countedTrustPpb(row, settled, params);
    contestants.push({ miner, raw, trustPpb, levelPpb: levels[settled.level] ?? 0n, uncredited });
  }
  return contestants;
}

/**
 * Security (economics §3.2): duties × stake. Duties of different roles cannot be compared, so the stack is first
 * divided between mixers, validators and oracles by the stake of those who did any. Oracles leave no duty on the chain
 * yet; all count as one. A network of guardians divides by stake alone.
 */
function securityPools(books: ClosedBooks, units: bigint): Pool[] {
  const isByStake = books.params.rewards.securityBy === securityWeights.stake;
  const counted = (duties: number) => (isByStake ? 1 : duties);
  const roles = [
    {
      kind: 'mixer',
      rows: Array.from(books.mixers, ({ stakeUnits, epochDuties }) => ({ stakeUnits, duties: counted(epochDuties) })),
    },
    {
      kind: 'validator',
      rows: Array.from(books.validators, ({ stakeUnits, epochDuties }) => ({
        stakeUnits,
        duties: counted(epochDuties),
      })),
    },
    { kind: 'oracle', rows: Array.from(books.oracles, ({ stakeUnits }) => ({ stakeUnits, duties: 1 })) },
  ] as const;
  const stakes = roles.map(({ rows }) =>
    rows.reduce((sum, { stakeUnits, duties }) => (duties > 0 ? sum + stakeUnits : sum), 0n),
  );
  const parts = apportion(units, stakes);
  return roles.map(({ kind, rows }, index) => {
    const weights = rows.map(({ stakeUnits, duties }) => stakeUnits * BigInt(duties));
    return shareOut({ source, stack: 'security', kind }, parts[index] ?? 0n, weights);
  });
}

function* payPool(books: ClosedBooks, { stack, kind, shares }: Pool, book: PayoutBook, pace: Pace): Steps {
  for (const { role, units } of shares) {
    if (kind === 'miner') book.addMiner(books, source, role, units);
    else if (kind === 'model') book.addModel(source, role, units);
    else book.add({ source, stack, kind, role, account: accountOf(books, kind, role), units });
    if (pace.isSpent(READ)) yield;
  }
}

function accountOf(books: ClosedBooks, kind: Exclude<PaidKind, 'miner' | 'model'>, role: number): Uint8Array {
  if (kind === 'domain') return books.domains.at(role).owner;
  const { mixers: mixer, oracles: oracle, validators: validator, gateways: gateway } = books;
  return { mixer, oracle, validator, gateway }[kind].at(role).account;
}
