import type { BodyValues, HoldingRow } from '@assay/protocol';
import type { LedgerView } from '../state/state.ts';
import type { TransactionRule } from './rule.ts';

type Body = BodyValues['buyShares'];

/** Buys shares that another account offers: money and shares change hands at once, or neither does (§4.7.2, C6). */
export const buyShares: TransactionRule<Body> = {
  validate(state, body, { availableUnits }) {
    if (body.shares === 0) return 'ZERO_AMOUNT';
    const { offeredShares, priceUnits } = offerOf(state, body);
    if (BigInt(body.shares) * priceUnits > availableUnits) return 'INSUFFICIENT_BALANCE';
    if (state.models.get(body.model) === undefined) return 'UNKNOWN_MODEL';
    if (offeredShares < body.shares) return 'NOT_OFFERED';
    return priceUnits > body.maxPriceUnits ? 'PRICE_TOO_HIGH' : 'OK';
  },
  apply(state, body, { sender: buyer }) {
    const { model, seller, shares } = body;
    const { offeredShares, priceUnits } = offerOf(state, body);
    const costUnits = BigInt(shares) * priceUnits;
    state.debit(buyer, costUnits);
    state.credit(seller, costUnits);
    state.addHolding({ model, holder: seller, shares: -shares, backingUnits: 0n });
    state.addHolding({ model, holder: buyer, shares, backingUnits: 0n });
    const holding = state.holdingOf(model, seller);
    if (holding !== undefined) state.holdings.update(holding, { offeredShares: offeredShares - shares });
    return [{ type: 'sharesSold', model, seller, buyer, shares, priceUnits }];
  },
};

function offerOf(state: LedgerView, { model, seller }: Body): Pick<HoldingRow, 'offeredShares' | 'priceUnits'> {
  const holding = state.holdingOf(model, seller);
  return holding === undefined ? { offeredShares: 0, priceUnits: 0n } : state.holdings.at(holding);
}
