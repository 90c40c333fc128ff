import { type ModelRow, type RoleRow, securityWeights } from '@assay/protocol';
import { apportion } from '../apportion.ts';
import { capped, MAX_UNITS } from '../integers.ts';
import { type Pace, READ, type Steps } from '../pace.ts';
import type { DomainShare, EmissionRate, MinerScore, PaidKind, Pool } from '../result.ts';
import { isActive } from '../roles.ts';
import type { ClosedBooks } from './books.ts';
import { minersPools } from './minersStack.ts';
import { type PayoutBook, shareOut } from './payouts.ts';
import type { Work } from './work.ts';

const source = 'emission';

/** What a reward period minted, and for whom. */
export interface Emission {
  readonly mintedUnits: bigint;
  readonly pools: readonly Pool[];
  readonly division: readonly DomainShare[];
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
export function* emit(
  work: Work,
  { rate, domainsBurned }: { readonly rate: EmissionRate; readonly domainsBurned: readonly bigint[] },
  book: PayoutBook,
): Steps<Emission> {
  const { books, state, pace } = work;
  const { params, globals } = books;
  const units = emissionOf(rate, params.rewards.dayMs);
  const room = MAX_UNITS - globals.genesisUnits - globals.mintedUnits;
  const { minersBps, securityBps, creatorsBps, gatewaysBps, treasuryBps } = params.stacks;
  const stacks = [minersBps, securityBps, creatorsBps, gatewaysBps, treasuryBps].map(BigInt);
  const parts = apportion(capped(units, room), stacks);
  const [miners = 0n, security = 0n, creators = 0n, gateways = 0n, treasury = 0n] = parts;
  const stack = { units: miners, limits: domainLimits(rate, domainsBurned) };
  const { division, minerPools, scores } = yield* minersPools(work, stack);
  const creations = Array.from(books.models, creatorWeight);
  const forwarded = Array.from(books.gateways, (gateway) => BigInt(gateway.epochDuties));
  const pools = [
    ...minerPools,
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
  return { mintedUnits, pools, division, scores };
}

/** The most each domain may get where a period may mint no more than a part of what it burned (economics §7.4). */
function domainLimits({ limitUnits }: EmissionRate, domainsBurned: readonly bigint[]): readonly bigint[] | null {
  const isBurned = domainsBurned.some((burned) => burned > 0n);
  return limitUnits === null || !isBurned ? null : apportion(limitUnits, domainsBurned);
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

/**
 * Security (economics §3.2): duties × stake. Duties of different roles cannot be compared, so the stack is first
 * divided between mixers, validators and oracles by the stake of those who did any. A network of guardians divides by
 * the stake of all that are active.
 */
function securityPools(books: ClosedBooks, units: bigint): Pool[] {
  const isByStake = books.params.rewards.securityBy === securityWeights.stake;
  const weighed = (rows: Iterable<Readonly<Pick<RoleRow, 'stakeUnits' | 'epochDuties' | 'status'>>>) =>
    Array.from(rows, (row) => ({
      stakeUnits: row.stakeUnits,
      duties: isByStake ? Number(isActive(row)) : row.epochDuties,
    }));
  const roles = [
    { kind: 'mixer', rows: weighed(books.mixers) },
    { kind: 'validator', rows: weighed(books.validators) },
    { kind: 'oracle', rows: weighed(books.oracles) },
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
