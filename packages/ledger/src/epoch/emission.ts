import {
  type CapacityScore,
  type EmissionRate,
  type MinerScore,
  type ModelRow,
  type PaidKind,
  type Params,
  type Pool,
  type PoolShare,
  type RoleRow,
  securityWeights,
} from '@assay/protocol';
import { apportion } from '../arithmetic/apportion.ts';
import { ALL_BPS, capped, MAX_UNITS } from '../arithmetic/integers.ts';
import { itemAt } from '../arithmetic/invariant.ts';
import { type Pace, READ, type Steps } from '../arithmetic/pace.ts';
import type { ClosedBooks } from '../state/books.ts';
import type { Standing } from '../state/bring-forward.ts';
import { isActive } from '../state/roles.ts';
import { type Burns, limitOf } from './burns.ts';
import { capacityPool } from './capacity.ts';
import { minersPools } from './miners-stack.ts';
import { type PayoutBook, shareOut } from './payouts.ts';
import type { Work } from './work.ts';

const source = 'emission';

/** What a reward period minted, and for whom. */
export interface Emission {
  readonly mintedUnits: bigint;
  readonly pools: readonly Pool[];
  readonly division: readonly PoolShare[];
  readonly scores: readonly MinerScore[];
  readonly capacity: readonly CapacityScore[];
}

/** What decides how much of it there is, and for which miners. */
interface Earned {
  readonly rate: EmissionRate;
  readonly burns: Burns;
  readonly standings: readonly Standing[];
}

/** What a reward period has for each stack. */
export interface Stacks {
  readonly miners: bigint;
  /** What pays measured capacity. */
  readonly capacity: bigint;
  readonly security: bigint;
  readonly creators: bigint;
  readonly gateways: bigint;
  readonly treasury: bigint;
}

/**
 * The stacks of a reward period: the day's amount by its time, divided by bps (economics §1.2, §3.1). Where what work
 * burned limits it, no stack has more than its part of the limit; before the bootstrap ends only those that pay for
 * work are limited, and what that leaves of the miners' pays capacity (economics §7.1, §7.2).
 */
export function stacksOf(
  rate: EmissionRate,
  params: Pick<Params, 'rewards' | 'stacks'>,
  roomUnits = MAX_UNITS,
): Stacks {
  const { perDayUnits, forMs, limitUnits, isBootstrap } = rate;
  const units = capped((perDayUnits * BigInt(forMs)) / BigInt(params.rewards.dayMs), roomUnits);
  const { minersBps, securityBps, creatorsBps, gatewaysBps, treasuryBps } = params.stacks;
  const bps = [minersBps, securityBps, creatorsBps, gatewaysBps, treasuryBps].map(BigInt);
  const whole = apportion(units, bps);
  const limited = whole.map((part, i) =>
    limitUnits === null ? part : capped(part, (limitUnits * itemAt(bps, i)) / BigInt(ALL_BPS)),
  );
  const [miners = 0n, , creators = 0n, gateways = 0n] = limited;
  const [scheduled = 0n, security = 0n, , , treasury = 0n] = isBootstrap ? whole : limited;
  return { miners, capacity: isBootstrap ? scheduled - miners : 0n, security, creators, gateways, treasury };
}

/**
 * Mints a reward period's emission and divides it by stacks (economics §3.1). What nobody qualifies for, or is above
 * the limit of who does, is not minted.
 */
export function* emit(work: Work, { rate, burns, standings }: Earned, book: PayoutBook): Steps<Emission> {
  const { books, pace, write } = work;
  const { params, globals } = books;
  const stacks = stacksOf(rate, params, MAX_UNITS - globals.genesisUnits - globals.mintedUnits);
  const { minersBps, creatorsBps, gatewaysBps } = params.stacks;
  const { division, minerPools, scores } = yield* minersPools(work, standings, {
    units: stacks.miners,
    ofDomain: limitOf(burns, params, 'domain', minersBps),
    ofMiner: limitOf(burns, params, 'miner', minersBps),
  });
  const capacity = yield* capacityPool(work, standings, stacks.capacity);
  const creations = {
    weights: Array.from(books.models, creatorWeight),
    limitOf: limitOf(burns, params, 'model', creatorsBps),
  };
  const forwarded = {
    weights: Array.from(books.gateways, (gateway) => BigInt(gateway.epochDuties)),
    limitOf: limitOf(burns, params, 'gateway', gatewaysBps),
  };
  const pools = [
    ...minerPools,
    capacity.pool,
    ...securityPools(books, stacks.security),
    shareOut({ source, stack: 'creators', kind: 'model' }, stacks.creators, creations),
    shareOut({ source, stack: 'gateways', kind: 'gateway' }, stacks.gateways, forwarded),
  ];
  for (const paid of pools) yield* payPool(books, paid, book, pace);
  book.addTreasury(source, stacks.treasury);
  const mintedUnits = pools.reduce(
    (all, { shares }) => shares.reduce((sum, { units }) => sum + units, all),
    stacks.treasury,
  );
  write((state) => {
    const { mintedUnits: before, settlingUnits } = state.globals;
    state.setGlobals({ mintedUnits: before + mintedUnits, settlingUnits: settlingUnits + mintedUnits });
  });
  return { mintedUnits, pools, division, scores, capacity: capacity.scores };
}

/**
 * Usage × performance (economics §3.3): the VWU of a model times the part of its audits that passed; without an audit
 * the VWU alone, all of which was approved.
 */
function creatorWeight({ epochVwu, epochPassed, epochFailed }: Readonly<ModelRow>): bigint {
  const audits = epochPassed + epochFailed;
  return audits === 0 ? epochVwu : (epochVwu * BigInt(epochPassed)) / BigInt(audits);
}

/**
 * Security (economics §3.2): duties × stake. Duties of different roles cannot be compared, so the stack is first
 * divided between mixers, validators and oracles by the stake of the active ones; a purchase that brings the first duty
 * of a kind moves nothing between them. A network of guardians divides by the stake of all that are active.
 */
function securityPools(books: ClosedBooks, units: bigint): Pool[] {
  const isByStake = books.params.rewards.securityBy === securityWeights.stake;
  const weighed = (rows: Iterable<Readonly<Pick<RoleRow, 'stakeUnits' | 'epochDuties' | 'status'>>>) => {
    const all = [...rows];
    const stakes = all.map((row) => (isActive(row) ? row.stakeUnits : 0n));
    const duties = all.map((row) => row.stakeUnits * BigInt(row.epochDuties));
    const isIdle = isByStake || duties.every((weight) => weight === 0n);
    return { stakeUnits: stakes.reduce((sum, stake) => sum + stake, 0n), weights: isIdle ? stakes : duties };
  };
  const roles = [
    { kind: 'mixer', ...weighed(books.mixers) },
    { kind: 'validator', ...weighed(books.validators) },
    { kind: 'oracle', ...weighed(books.oracles) },
  ] as const;
  const parts = apportion(
    units,
    roles.map(({ stakeUnits }) => stakeUnits),
  );
  return roles.map(({ kind, weights }, index) =>
    shareOut({ source, stack: 'security', kind }, itemAt(parts, index), { weights }),
  );
}

function* payPool(books: ClosedBooks, { stack, kind, shares }: Pool, book: PayoutBook, pace: Pace): Steps {
  for (const { role, units } of shares) {
    if (kind === 'miner') book.addMiner(books, { source, stack }, role, units);
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
