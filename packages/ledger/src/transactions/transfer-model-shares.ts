import type { BodyValues } from '@assay/protocol';
import type { TransactionRule } from './rule.ts';

/** Gives some of the sender's shares in a model to another account (§4.7, C6). */
export const transferModelShares: TransactionRule<BodyValues['transferModelShares']> = {
  validate(state, { model, shares }, { sender }) {
    if (shares === 0) return 'ZERO_AMOUNT';
    if (state.models.get(model) === undefined) return 'UNKNOWN_MODEL';
    const holding = state.holdingOf(model, sender);
    const held = holding === undefined ? 0 : state.holdings.at(holding).shares;
    return held < shares ? 'TOO_FEW_SHARES' : 'OK';
  },
  apply(state, { model, to, shares }, { sender }) {
    state.addHolding({ model, holder: sender, shares: -shares, backingUnits: 0n });
    state.addHolding({ model, holder: to, shares, backingUnits: 0n });
    return [{ type: 'modelSharesTransferred', model, from: sender, to, shares }];
  },
};
