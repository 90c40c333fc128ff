import type { BodyValues, RoleRow, RoleStatus, StakeKind } from '@assay/protocol';
import { isActive, isGone, type RoleKind } from '../state/roles.ts';
import type { LedgerState, LedgerView } from '../state/state.ts';
import { termsAt } from './domains.ts';

/** The stake of one role, or a miner's collateral. */
export interface Stake {
  readonly owner: Uint8Array;
  /** Who runs the role. */
  readonly operator: Uint8Array;
  readonly status: RoleStatus;
  readonly units: bigint;
  /** The least that must stay while the role is registered. */
  readonly minUnits: bigint;
}

/** What is staked in a role; undefined when there is none. Delegations and backing are no roles (economics §6.2). */
export function stakeOf(state: LedgerView, kind: StakeKind | undefined, role: number): Stake | undefined {
  if (kind === undefined || kind === 'delegation' || kind === 'backing') return undefined;
  if (kind === 'miner') {
    const miner = state.miners.get(role);
    if (miner === undefined) return undefined;
    const { owner, operator, collateralUnits: units, domain, status } = miner;
    const { minCollateralUnits } = termsAt(state.domains.at(domain), state.globals.epoch);
    return { owner, operator, status, units, minUnits: isGone(miner) ? 0n : minCollateralUnits };
  }
  const row = tableOf(state, kind).get(role);
  if (row === undefined) return undefined;
  const { account: owner, operator, status, stakeUnits: units } = row;
  return { owner, operator, status, units, minUnits: isGone(row) ? 0n : state.params.stake[`${kind}MinUnits`] };
}

/** Sets what is staked in a role that exists. */
export function setStake(state: LedgerState, kind: StakeKind, role: number, units: bigint): void {
  if (kind === 'miner') state.miners.update(role, { collateralUnits: units });
  else if (kind === 'mixer') state.mixers.update(role, { stakeUnits: units });
  else if (kind !== 'delegation' && kind !== 'backing') state[`${kind}s`].update(role, { stakeUnits: units });
}

/** Gives a role that exists a status. */
export function setStatus(
  state: LedgerState,
  kind: StakeKind,
  role: number,
  change: Pick<RoleRow, 'status' | 'statusHeight'>,
): void {
  if (kind === 'mixer') state.mixers.update(role, change);
  else if (kind !== 'delegation' && kind !== 'backing') state[`${kind}s`].update(role, change);
}

/** Locks base units that left a stake until the epoch ends that they are released with (economics §6.1). */
export function beginUnbonding(
  state: LedgerState,
  from: { readonly account: Uint8Array; readonly kind: StakeKind; readonly role: number },
  units: bigint,
): void {
  const releaseEpoch = state.globals.epoch + state.params.stake.unbondingEpochs;
  const { account, role } = from;
  state.unbonding.push({ account, kind: from.kind, role, units, releaseEpoch });
}

function tableOf(state: LedgerView, kind: RoleKind) {
  const { mixers: mixer, oracles: oracle, validators: validator, gateways: gateway } = state;
  return { mixer, oracle, validator, gateway }[kind];
}

/** §3.4 Without a mixer nothing is certified, without a validator nothing is decided. */
export function isLast(
  state: LedgerView,
  body: Pick<BodyValues['setRoleStatus'], 'kind' | 'role'>,
  present: RoleStatus,
): boolean {
  const { kind } = body;
  if ((kind !== 'mixer' && kind !== 'validator') || !isActive({ status: present })) return false;
  const rows: Iterable<Pick<RoleRow, 'status'>> = state[`${kind}s`];
  return !Array.from(rows).some((row, role) => role !== body.role && isActive(row));
}
