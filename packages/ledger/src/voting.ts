import { keyOf, type LedgerView } from './state.ts';

/**
 * What each account votes with, by the key of its address: the stakes of its roles, the collateral of the miners it
 * owns, and what it delegated (§12.3).
 */
export function votingWeights(state: LedgerView): ReadonlyMap<string, bigint> {
  const weights = new Map<string, bigint>();
  const add = (account: Uint8Array, units: bigint) =>
    weights.set(keyOf(account), (weights.get(keyOf(account)) ?? 0n) + units);
  for (const roles of [state.mixers, state.oracles, state.validators, state.gateways]) {
    for (const { account, stakeUnits } of roles) add(account, stakeUnits);
  }
  for (const { owner, collateralUnits } of state.miners) add(owner, collateralUnits);
  for (const { staker, stakeUnits } of state.delegations) add(staker, stakeUnits);
  return weights;
}
