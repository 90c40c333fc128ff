import type { BodyValues } from '@assay/protocol';
import type { TransactionRule } from './rule.ts';

/** Moves base units from the sender to another account. */
export const transfer: TransactionRule<BodyValues['transfer']> = {
  validate(_state, { amountUnits }, { availableUnits }) {
    if (amountUnits === 0n) return 'ZERO_AMOUNT';
    return amountUnits > availableUnits ? 'INSUFFICIENT_BALANCE' : 'OK';
  },
  apply(state, { to, amountUnits }, { sender }) {
    state.debit(sender, amountUnits);
    state.credit(to, amountUnits);
    return [];
  },
};
