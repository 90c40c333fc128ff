import { type MinerRow, type ModelRow, securityWeights } from '@assay/protocol';
import { apportion } from '../apportion.ts';
import { heldOfMiners } from '../cases.ts';
import { capped, MAX_UNITS, PPB } from '../integers.ts';
import type { EmissionRate, MinerScore, PaidKind, Pool } from '../result.ts';
import { levelFactorPpb, successRatePpb } from '../standing.ts';
import type { ReadonlyTable } from '../table.ts';
import type { ClosedBooks } from './books.ts';
import { finals, SHARE_ONE } from './competition.ts';
import { alphasOf, countedTrustPpb, rawOf, valuesOf } from './contestants.ts';
import { feedbackOf } from './feedback.ts';
import type { Steps, Work } from './pace.ts';
import { type PayoutBook, shareOut } from './payouts.ts';
import { nothingLost, uncreditedWork } from './wash.ts';

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
export function* emit({ books, state }: Work, rate: EmissionRate, book: PayoutBook): Steps<Emission> {
  const { params } = books;
  const { globals } = state;
  const units = emissionOf(rate, params.rewards.dayMs);
  const room = MAX_UNITS - globals.genesisUnits - globals.mintedUnits;
  const { minersBps, securityBps, creatorsBps, gatewaysBps, treasuryBps } = params.stacks;
  const stacks = [minersBps, securityBps, creatorsBps, gatewaysBps, treasuryBps].map(BigInt);
  const parts = apportion(capped(units, room), stacks);
  const [miners = 0n, security = 0n, creators = 0n, gateways = 0n, treasury = 0n] = parts;
  const { pool, scores } = minersPool(books, state.miners, miners);
  const creations = Array.from(books.models, creatorWeight);
  const forwarded = Array.from(books.gateways, (gateway) => BigInt(gateway.epochDuties));
  const pools = [
    pool,
    ...securityPools(books, security),
    shareOut({ source, stack: 'creators', kind: 'model' }, creators, creations),
    shareOut({ source, stack: 'gateways', kind: 'gateway' }, gateways, forwarded),
  ];
  for (const paid of pools) payPool(books, paid, book);
  book.addTreasury(source, treasury);
  const mintedUnits = pools.reduce((sum, paid) => sum + mintedOf(paid), treasury);
  const settlingUnits = globals.settlingUnits + mintedUnits;
  state.setGlobals({ mintedUnits: globals.mintedUnits + mintedUnits, settlingUnits });
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

/** The miners' competition (economics §4.2): trust multiplies what was measured. */
function minersPool(books: ClosedBooks, settled: ReadonlyTable<MinerRow>, units: bigint) {
  const { params, globals } = books;
  const rows = [...books.miners];
  const uncredited = uncreditedWork(books);
  const feedback = feedbackOf(books);
  const held = heldOfMiners(books);
  const raws = rows.map((row, miner) => {
    const passedPpb = successRatePpb(settled.at(miner));
    const measured = { feedback: feedback[miner] ?? 0n, heldUnits: held[miner] ?? 0n, passedPpb };
    return rawOf(row, { ...measured, uncredited: uncredited[miner] ?? nothingLost }, { ...params, ...globals });
  });
  const trusts = rows.map((row, miner) => countedTrustPpb(row, settled.at(miner), params));
  const levels = rows.map((_, miner) => levelFactorPpb(settled.at(miner).level, params.levels));
  const trusted = raws.map((raw, miner) => {
    const factor = BigInt(trusts[miner] ?? 0) * (levels[miner] ?? 0n);
    return valuesOf(raw).map((value) => value * factor);
  });
  const weights = finals(trusted, alphasOf(params));
  const pool = shareOut({ source, stack: 'miners', kind: 'miner' }, units, weights);
  const paid = new Map(pool.shares.map((share) => [share.role, share.units]));
  const scores: MinerScore[] = [];
  for (const [miner, raw] of raws.entries()) {
    const weight = weights[miner] ?? 0n;
    if (raw === null) continue;
    const finalPpb = weight / (SHARE_ONE / PPB);
    const trustPpb = trusts[miner] ?? 0;
    const levelPpb = Number(levels[miner] ?? 0n);
    const own = { miner, trustPpb, levelPpb, uncredited: uncredited[miner] ?? nothingLost };
    scores.push({ ...own, raw, finalPpb, weight, emissionUnits: paid.get(miner) ?? 0n });
  }
  return { pool, scores };
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

function payPool(books: ClosedBooks, { stack, kind, shares }: Pool, book: PayoutBook): void {
  for (const { role, units } of shares) {
    if (kind === 'miner') book.addMiner(books, source, role, units);
    else if (kind === 'model') book.addModel(source, role, units);
    else book.add({ source, stack, kind, role, account: accountOf(books, kind, role), units });
  }
}

function accountOf(books: ClosedBooks, kind: Exclude<PaidKind, 'miner' | 'model'>, role: number): Uint8Array {
  if (kind === 'domain') return books.domains.at(role).owner;
  const { mixers: mixer, oracles: oracle, validators: validator, gateways: gateway } = books;
  return { mixer, oracle, validator, gateway }[kind].at(role).account;
}
