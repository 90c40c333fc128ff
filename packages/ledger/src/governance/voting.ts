import { isGone } from '../state/roles.ts';
import { keyOf, type LedgerView } from '../state/state.ts';

/**
 * What each account votes with, by the key of its address: the stakes of its roles, the collateral of the miners it
 * owns, and what it delegated (§12.3).
 */
export function votingWeights(state: LedgerView): ReadonlyMap<string, bigint> {
  const weights = new Map<string, bigint>();
  const add = (account: Uint8Array, units: bigint) =>
    weights.set(keyOf(account), (weights.get(keyOf(account)) ?? 0n) + units);
  for (const roles of [state.mixers, state.oracles, state.validators, state.gateways]) {
    for (const row of roles) if (!isGone(row)) add(row.account, row.stakeUnits);
  }
  for (const row of state.miners) if (!isGone(row)) add(row.owner, row.collateralUnits);
  for (const { staker, stakeUnits } of state.delegations) add(staker, stakeUnits);
  return weights;
}
