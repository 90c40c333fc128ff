import type { BodyValues } from '@assay/protocol';
import { domainRow, isName, termsCode } from '../stake/domains.ts';
import type { TransactionRule } from './rule.ts';

/** Makes the sender the owner of a new domain, for a fee to the treasury (§4.8, B1). */
export const createDomain: TransactionRule<BodyValues['createDomain']> = {
  validate({ params, domains }, { name, terms }, { availableUnits }) {
    if (params.domains.creationFeeUnits > availableUnits) return 'INSUFFICIENT_BALANCE';
    if (!isName(name)) return 'BAD_NAME';
    for (const domain of domains) if (domain.name === name) return 'NAME_TAKEN';
    return termsCode(terms, params.domains, 0);
  },
  apply(state, { name, terms }, { sender, height }) {
    const { creationFeeUnits } = state.params.domains;
    state.debit(sender, creationFeeUnits);
    state.setGlobals({ treasuryUnits: state.globals.treasuryUnits + creationFeeUnits });
    const domain = state.domains.push(domainRow({ name, owner: sender, terms }, height));
    return [{ type: 'domainCreated', domain, owner: sender }];
  },
};
