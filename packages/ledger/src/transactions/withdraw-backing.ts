import type { BodyValues } from '@assay/protocol';
import { beginUnbonding } from '../stake/stakes.ts';
import type { TransactionRule } from './rule.ts';

/** Takes back what the sender backed a model with; it stays locked first (economics §2.5). */
export const withdrawBacking: TransactionRule<BodyValues['withdrawBacking']> = {
  validate(state, { model, amountUnits }, { sender }) {
    if (amountUnits === 0n) return 'ZERO_AMOUNT';
    if (state.models.get(model) === undefined) return 'UNKNOWN_MODEL';
    const holding = state.holdingOf(model, sender);
    const backedUnits = holding === undefined ? 0n : state.holdings.at(holding).backingUnits;
    return backedUnits < amountUnits ? 'STAKE_TOO_LOW' : 'OK';
  },
  apply(state, { model, amountUnits }, { sender }) {
    state.addHolding({ model, holder: sender, shares: 0, backingUnits: -amountUnits });
    beginUnbonding(state, { account: sender, kind: 'backing', role: model }, amountUnits);
    return [{ type: 'backingWithdrawn', model, holder: sender, units: amountUnits }];
  },
};
