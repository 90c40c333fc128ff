import type { BodyValues } from '@assay/protocol';
import { termsAt, termsOf } from '../stake/domains.ts';
import { modelRow, modelTermsCode, wholeOf } from '../stake/models.ts';
import type { TransactionRule } from './rule.ts';

/** Registers the sender's model on a domain; it earns once its panel accepted it (§4.4, C1, F12). */
export const registerModel: TransactionRule<BodyValues['registerModel']> = {
  validate(state, body, { sender, availableUnits }) {
    const terms = termsOf(state, body.domain);
    if (terms === undefined) return 'UNKNOWN_DOMAIN';
    if (terms.registrationFeeUnits > availableUnits) return 'INSUFFICIENT_BALANCE';
    return modelTermsCode(state, { ...body, creator: sender });
  },
  apply(state, body, { sender, height }) {
    const domain = state.domains.at(body.domain);
    const { registrationFeeUnits } = termsAt(domain, state.globals.epoch);
    state.debit(sender, registrationFeeUnits);
    state.credit(domain.owner, registrationFeeUnits);
    const proposed = { proposedHeight: height, proposedReveals: state.globals.reveals };
    const row = modelRow({ ...body, creator: sender }, 'proposed', proposed);
    const model = state.addModel(row);
    state.addHolding(wholeOf(model, sender));
    return [{ type: 'modelRegistered', model, creator: sender }];
  },
};
