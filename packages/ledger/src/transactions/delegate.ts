import type { BodyValues } from '@assay/protocol';
import { standingCode } from '../state/roles.ts';
import type { TransactionRule } from './rule.ts';

/** Stakes the sender's base units on a miner, for a part of what it earns (economics §6.2). */
export const delegate: TransactionRule<BodyValues['delegate']> = {
  validate(state, { miner, amountUnits }, { availableUnits }) {
    if (amountUnits === 0n) return 'ZERO_AMOUNT';
    if (amountUnits > availableUnits) return 'INSUFFICIENT_BALANCE';
    const row = state.miners.get(miner);
    if (row === undefined) return 'UNKNOWN_ROLE';
    return standingCode(row);
  },
  apply(state, { miner, amountUnits }, { sender }) {
    const known = state.delegationOf(sender, miner);
    const index = known ?? state.delegations.push({ staker: sender, miner, stakeUnits: 0n });
    state.debit(sender, amountUnits);
    state.delegations.update(index, { stakeUnits: state.delegations.at(index).stakeUnits + amountUnits });
    state.miners.update(miner, { delegatedUnits: state.miners.at(miner).delegatedUnits + amountUnits });
    return [{ type: 'delegated', miner, staker: sender, units: amountUnits }];
  },
};
