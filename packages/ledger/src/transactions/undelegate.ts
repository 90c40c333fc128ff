import type { BodyValues, Ref } from '@assay/protocol';
import { invariant } from '../arithmetic/invariant.ts';
import { beginUnbonding } from '../stake/stakes.ts';
import type { LedgerView } from '../state/state.ts';
import type { TransactionRule } from './rule.ts';

/** Takes back what the sender staked on a miner; it stays locked first (economics §6.2). */
export const undelegate: TransactionRule<BodyValues['undelegate']> = {
  validate(state, { miner, amountUnits }, { sender }) {
    if (amountUnits === 0n) return 'ZERO_AMOUNT';
    if (state.miners.get(miner) === undefined) return 'UNKNOWN_ROLE';
    return delegatedBy(state, sender, miner) < amountUnits ? 'STAKE_TOO_LOW' : 'OK';
  },
  apply(state, { miner, amountUnits }, { sender }) {
    const index = state.delegationOf(sender, miner);
    invariant(index !== undefined, `a valid undelegation from miner ${miner} has no delegation`);
    state.delegations.update(index, { stakeUnits: state.delegations.at(index).stakeUnits - amountUnits });
    state.miners.update(miner, { delegatedUnits: state.miners.at(miner).delegatedUnits - amountUnits });
    beginUnbonding(state, { account: sender, kind: 'delegation', role: miner }, amountUnits);
    return [{ type: 'undelegated', miner, staker: sender, units: amountUnits }];
  },
};

function delegatedBy(state: LedgerView, staker: Uint8Array, miner: Ref<'miners'>): bigint {
  const index = state.delegationOf(staker, miner);
  return index === undefined ? 0n : state.delegations.at(index).stakeUnits;
}
