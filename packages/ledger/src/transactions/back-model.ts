import type { BodyValues } from '@assay/protocol';
import type { TransactionRule } from './rule.ts';

/** Backs a model with base units of the sender, for a part of its revenue (economics §2.5, B12). */
export const backModel: TransactionRule<BodyValues['backModel']> = {
  validate(state, { model, amountUnits }, { availableUnits }) {
    if (amountUnits === 0n) return 'ZERO_AMOUNT';
    if (amountUnits > availableUnits) return 'INSUFFICIENT_BALANCE';
    return state.models.get(model) === undefined ? 'UNKNOWN_MODEL' : 'OK';
  },
  apply(state, { model, amountUnits }, { sender }) {
    state.debit(sender, amountUnits);
    state.addHolding({ model, holder: sender, shares: 0, backingUnits: amountUnits });
    return [{ type: 'modelBacked', model, holder: sender, units: amountUnits }];
  },
};
