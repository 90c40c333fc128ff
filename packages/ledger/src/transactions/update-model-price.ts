import type { BodyValues } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import type { TransactionRule } from './rule.ts';

/** Sets the prices of the sender's model for draws from this block on (§4.6). */
export const updateModelPrice: TransactionRule<BodyValues['updateModelPrice']> = {
  validate(state, body, { sender, height }) {
    const model = state.models.get(body.model);
    if (model === undefined) return 'UNKNOWN_MODEL';
    if (!equalBytes(model.creator, sender)) return 'NOT_CREATOR';
    // §4.6 A row knows two prices: no receipt may still need a third.
    const isSoon = model.priceFrom > 0 && height < model.priceFrom + state.params.receiptLifetimeBlocks;
    return isSoon ? 'PRICE_TOO_SOON' : 'OK';
  },
  apply(state, { model, priceInUnits, priceOutUnits }, { height }) {
    const { priceInUnits: earlierPriceInUnits, priceOutUnits: earlierPriceOutUnits } = state.models.at(model);
    const earlier = { earlierPriceInUnits, earlierPriceOutUnits };
    state.models.update(model, { priceInUnits, priceOutUnits, priceFrom: height, ...earlier });
    return [{ type: 'modelPriced', model, priceInUnits, priceOutUnits }];
  },
};
