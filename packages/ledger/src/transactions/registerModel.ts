import { type BodyValues, modelStatuses } from '@assay/protocol';
import { modelRow, modelTermsCode, wholeOf } from '../models.ts';
import type { TransactionRule } from './rule.ts';

/** Registers the sender's model on a domain; it earns once its panel accepted it (§4.4, C1, F12). */
export const registerModel: TransactionRule<BodyValues['registerModel']> = {
  validate(state, body, { sender, availableUnits }) {
    const domain = state.domains.get(body.domain);
    if (domain === undefined) return 'UNKNOWN_DOMAIN';
    if (domain.registrationFeeUnits > availableUnits) return 'INSUFFICIENT_BALANCE';
    return modelTermsCode(state, { ...body, creator: sender });
  },
  apply(state, body, { sender, height }) {
    const { owner, registrationFeeUnits } = state.domains.at(body.domain);
    state.debit(sender, registrationFeeUnits);
    state.credit(owner, registrationFeeUnits);
    const proposed = { proposedHeight: height, proposedReveals: state.globals.reveals };
    const row = modelRow({ ...body, creator: sender }, modelStatuses.proposed, proposed);
    const model = state.addModel(row);
    state.addHolding(wholeOf(model, sender));
    return [{ type: 'modelRegistered', model, creator: sender }];
  },
};
