import type { BodyValues } from '@assay/protocol';
import { invariant } from '../arithmetic/invariant.ts';
import type { TransactionRule } from './rule.ts';

/** Puts some of the sender's shares in a model up for sale, or none of them any more (§4.7.1, C6). */
export const offerShares: TransactionRule<BodyValues['offerShares']> = {
  validate(state, { model, shares, priceUnits }, { sender }) {
    // What costs nothing is a gift, and a gift names who gets it.
    if (shares > 0 && priceUnits === 0n) return 'ZERO_AMOUNT';
    if (state.models.get(model) === undefined) return 'UNKNOWN_MODEL';
    const holding = state.holdingOf(model, sender);
    return holding === undefined || state.holdings.at(holding).shares < shares ? 'TOO_FEW_SHARES' : 'OK';
  },
  apply(state, { model, shares, priceUnits }, { sender }) {
    const holding = state.holdingOf(model, sender);
    invariant(holding !== undefined, 'a valid offer has no holding');
    state.holdings.update(holding, { offeredShares: shares, priceUnits });
    return [{ type: 'sharesOffered', model, seller: sender, shares, priceUnits }];
  },
};
