import type { MinerRow } from '@assay/protocol';
import { apportion } from '../apportion.ts';
import { capped, MAX_UNITS, PPB } from '../integers.ts';
import type { MinerScore, PaidKind, Pool } from '../result.ts';
import type { LedgerState } from '../state.ts';
import { finals, SHARE_ONE } from './competition.ts';
import { type PayoutBook, shareOut } from './payouts.ts';

const DAY_MS = 86_400_000n;
const source = 'emission';

/** What an epoch minted, and for whom. */
export interface Emission {
  readonly mintedUnits: bigint;
  readonly halvings: number;
  readonly pools: readonly Pool[];
  readonly scores: readonly MinerScore[];
}

/** The emission of an epoch before it is divided: the day's amount by the epoch's block time (economics §1.2). */
export function emissionOf(
  schedule: { readonly emissionPerDayUnits: bigint; readonly halvingDays: number },
  epoch: { readonly sinceGenesisMs: number; readonly durationMs: number },
): { readonly units: bigint; readonly halvings: number } {
  const halvings = BigInt(epoch.sinceGenesisMs) / (BigInt(schedule.halvingDays) * DAY_MS);
  const perDay = schedule.emissionPerDayUnits >> halvings;
  return { units: (perDay * BigInt(epoch.durationMs)) / DAY_MS, halvings: Number(halvings) };
}

/**
 * Mints an epoch's emission and divides it by stacks (economics §3.1). A stack without qualified contestants is not
 * minted.
 */
export function emit(state: LedgerState, durationMs: number, book: PayoutBook): Emission {
  const { params, globals } = state;
  const sinceGenesisMs = globals.epochStartMs - globals.genesisMs;
  const { units, halvings } = emissionOf(params, { sinceGenesisMs, durationMs });
  const room = MAX_UNITS - globals.genesisUnits - globals.mintedUnits;
  const { minersBps, securityBps, creatorsBps, gatewaysBps, treasuryBps } = params.stacks;
  const stacks = [minersBps, securityBps, creatorsBps, gatewaysBps, treasuryBps].map(BigInt);
  const parts = apportion(capped(units, room), stacks);
  const [miners = 0n, security = 0n, creators = 0n, gateways = 0n, treasury = 0n] = parts;
  const { pool, scores } = minersPool(state, miners);
  const usage = Array.from(state.models, (model) => model.epochVwu);
  const forwarded = Array.from(state.gateways, (gateway) => BigInt(gateway.epochDuties));
  const pools = [
    pool,
    ...securityPools(state, security),
    shareOut({ source, stack: 'creators', kind: 'model' }, creators, usage),
    shareOut({ source, stack: 'gateways', kind: 'gateway' }, gateways, forwarded),
  ];
  for (const paid of pools) payPool(state, paid, book);
  book.addTreasury(source, treasury);
  const mintedUnits = pools.reduce((sum, paid) => sum + mintedOf(paid), treasury);
  state.setGlobals({ mintedUnits: globals.mintedUnits + mintedUnits });
  return { mintedUnits, halvings, pools, scores };
}

function mintedOf({ units, shares }: Pool): bigint {
  return shares.length > 0 ? units : 0n;
}

/** The miners' competition (economics §4.2): work and stake are measured so far; trust multiplies what was measured. */
function minersPool(state: LedgerState, units: bigint): { readonly pool: Pool; readonly scores: MinerScore[] } {
  const { vwuBps, computeBps, feedbackBps, stakeBps, latencyBps, bandwidthBps } = state.params.components;
  const alphaBps = [vwuBps, computeBps, feedbackBps, stakeBps, latencyBps, bandwidthBps];
  const rows = [...state.miners];
  const raws = rows.map(rawOf);
  const trusted = rows.map(({ trustPpb }, miner) => valuesOf(raws[miner]).map((raw) => raw * BigInt(trustPpb)));
  const weights = finals(trusted, alphaBps);
  const pool = shareOut({ source, stack: 'miners', kind: 'miner' }, units, weights);
  const paid = new Map(pool.shares.map((share) => [share.role, share.units]));
  const scores: MinerScore[] = [];
  for (const [miner, raw] of raws.entries()) {
    const weight = weights[miner] ?? 0n;
    if (raw === null) continue;
    const finalPpb = weight / (SHARE_ONE / PPB);
    const { trustPpb } = state.miners.at(miner);
    scores.push({ miner, trustPpb, raw, finalPpb, weight, emissionUnits: paid.get(miner) ?? 0n });
  }
  return { pool, scores };
}

type Raw = Readonly<Record<'vwu' | 'compute' | 'feedback' | 'stake' | 'latency' | 'bandwidth', bigint>>;

/** A miner without an approved task this epoch does not compete. */
function rawOf({ epochVwu, collateralUnits, delegatedUnits }: Readonly<MinerRow>): Raw | null {
  if (epochVwu === 0n) return null;
  const stake = collateralUnits + delegatedUnits;
  return { vwu: epochVwu, compute: 0n, feedback: 0n, stake, latency: 0n, bandwidth: 0n };
}

function valuesOf(raw: Raw | null | undefined): bigint[] {
  if (raw === null || raw === undefined) return [];
  return [raw.vwu, raw.compute, raw.feedback, raw.stake, raw.latency, raw.bandwidth];
}

/**
 * Security (economics §3.2): duties × stake. Duties of different roles cannot be compared, so the stack is first
 * divided between mixers, validators and oracles by the stake of those who did any. Oracles leave no duty on the chain
 * yet; all count as one.
 */
function securityPools(state: LedgerState, units: bigint): Pool[] {
  const roles = [
    {
      kind: 'mixer',
      rows: Array.from(state.mixers, ({ stakeUnits, epochDuties: duties }) => ({ stakeUnits, duties })),
    },
    {
      kind: 'validator',
      rows: Array.from(state.validators, ({ stakeUnits, epochDuties: duties }) => ({ stakeUnits, duties })),
    },
    { kind: 'oracle', rows: Array.from(state.oracles, ({ stakeUnits }) => ({ stakeUnits, duties: 1 })) },
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

function payPool(state: LedgerState, { stack, kind, shares }: Pool, book: PayoutBook): void {
  for (const { role, units } of shares) {
    if (kind === 'miner') book.addMiner(state, source, role, units);
    else book.add({ source, stack, kind, role, account: accountOf(state, kind, role), units });
  }
}

function accountOf(state: LedgerState, kind: Exclude<PaidKind, 'miner'>, role: number): Uint8Array {
  if (kind === 'model') return state.models.at(role).creator;
  if (kind === 'domain') return state.domains.at(role).owner;
  const { mixers: mixer, oracles: oracle, validators: validator, gateways: gateway } = state;
  return { mixer, oracle, validator, gateway }[kind].at(role).account;
}
