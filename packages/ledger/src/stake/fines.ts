import type { CaseRow, Ref } from '@assay/protocol';
import { capped, PPB } from '../arithmetic/integers.ts';
import { invariant } from '../arithmetic/invariant.ts';
import type { LedgerState, LedgerView } from '../state/state.ts';
import { setStake, stakeOf } from './stakes.ts';

/** Whose stake a fine is taken of. */
type Fined = Pick<CaseRow, 'kind' | 'role'>;
/** Where the base units of a fine are taken from. */
export type Held = Pick<CaseRow, 'heldUnits' | 'unbondingUnits' | 'releaseEpoch'>;

/** What a fine can reach (economics §6.5), and what of it the cases of the day already took (economics §6.4). */
export interface Reach {
  readonly stakeUnits: bigint;
  /** Taken out of the stake, but not yet released. */
  readonly leavingUnits: bigint;
  readonly takenUnits: bigint;
}

/** Nothing when there is no such stake: delegations and backing are not fined, staying or leaving. */
export function reachOf(state: LedgerView, { kind, role }: Fined): Reach {
  const stake = stakeOf(state, kind, role);
  if (stake === undefined) return { stakeUnits: 0n, leavingUnits: 0n, takenUnits: 0n };
  const { units: stakeUnits } = stake;
  let leavingUnits = 0n;
  for (const row of state.unbonding) if (row.kind === kind && row.role === role) leavingUnits += row.units;
  return { stakeUnits, leavingUnits, takenUnits: takenToday(state, { kind, role }) };
}

/** economics §6.4 What one more case may take: a part of what can be reached, and a part of it a day. */
export function roomOf(
  { params }: Pick<LedgerView, 'params'>,
  { stakeUnits, leavingUnits, takenUnits }: Reach,
): bigint {
  const { incidentCapPpb, dailyCapPpb } = params.cases;
  const units = stakeUnits + leavingUnits;
  const incident = (units * BigInt(incidentCapPpb)) / PPB;
  const day = ((units + takenUnits) * BigInt(dailyCapPpb)) / PPB - takenUnits;
  return day > 0n ? capped(incident, day) : 0n;
}

/** Cases are in the order of their time: the last day's are at the end. */
function takenToday(state: LedgerView, { kind, role }: Fined): bigint {
  const since = state.globals.timeMs - state.params.rewards.dayMs;
  let units = 0n;
  for (let index = state.cases.length - 1; index >= 0; index--) {
    const row = state.cases.at(index);
    if (row.openedMs <= since) break;
    const isFine = row.cause !== 'forfeit' && row.status !== 'dismissed';
    const counts = isFine && row.kind === kind && row.role === role;
    if (counts) units += row.fineUnits;
  }
  return units;
}

/** Takes a fine out of a stake, and then out of what is leaving it, oldest first (economics §6.5). */
export function holdFine(state: LedgerState, fined: Fined, units: bigint): Held {
  const { stakeUnits } = knownStake(state, fined);
  const heldUnits = capped(units, stakeUnits);
  setStake(state, fined.kind, fined.role, stakeUnits - heldUnits);
  const unbondingUnits = units - heldUnits;
  return { heldUnits, unbondingUnits, releaseEpoch: takeLeaving(state, fined, unbondingUnits) };
}

/** The last release epoch of what was taken. */
function takeLeaving(state: LedgerState, { kind, role }: Fined, units: bigint): number {
  let left = units;
  let releaseEpoch = 0;
  for (let index = 0; index < state.unbonding.length && left > 0n; index++) {
    const row = state.unbonding.at(index);
    if (row.kind !== kind || row.role !== role) continue;
    const taken = capped(row.units, left);
    state.unbonding.update(index, { units: row.units - taken });
    left -= taken;
    releaseEpoch = Math.max(releaseEpoch, row.releaseEpoch);
  }
  invariant(left === 0n, `a fine exceeds what it can reach by ${left}`);
  return releaseEpoch;
}

/** Puts what was held back where it came from; what was on its way out goes on with its release. */
export function returnFine(state: LedgerState, fined: Fined & Held): void {
  const { kind, role, heldUnits, unbondingUnits, releaseEpoch } = fined;
  const { owner, stakeUnits } = knownStake(state, fined);
  setStake(state, kind, role, stakeUnits + heldUnits);
  if (unbondingUnits > 0n) state.unbonding.push({ account: owner, kind, role, units: unbondingUnits, releaseEpoch });
}

function knownStake(state: LedgerView, { kind, role }: Fined) {
  const stake = stakeOf(state, kind, role);
  invariant(stake !== undefined, `a case names no stake: ${kind}, ${role}`);
  return { owner: stake.owner, stakeUnits: stake.units };
}

/** economics §4.3 What undecided cases hold of the miners' collateral, by miner. */
export function heldOfMiners({ cases }: Pick<LedgerView, 'cases'>): ReadonlyMap<Ref<'miners'>, bigint> {
  const held = new Map<Ref<'miners'>, bigint>();
  for (const { kind, cause, role, heldUnits } of cases) {
    const isStake = kind === 'miner' && cause !== 'forfeit';
    if (isStake && heldUnits > 0n) held.set(role, (held.get(role) ?? 0n) + heldUnits);
  }
  return held;
}
