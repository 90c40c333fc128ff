import { type BodyValues, limits } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import type { TransactionRule } from './rule.ts';

/** Admits an operator to the sender's domain, or takes that back before it has registered (§4.10, B1). */
export const admitMiner: TransactionRule<BodyValues['admitMiner']> = {
  validate(state, { domain, operator, isAdmitted }, { sender }) {
    const row = state.domains.get(domain);
    if (row === undefined) return 'UNKNOWN_DOMAIN';
    if (!equalBytes(row.owner, sender)) return 'NOT_OWNER';
    const others = row.admitted.filter((address) => !equalBytes(address, operator));
    return isAdmitted && others.length >= limits.maxAdmitted ? 'TOO_MANY_ADMITTED' : 'OK';
  },
  apply(state, { domain, operator, isAdmitted }) {
    const others = state.domains.at(domain).admitted.filter((address) => !equalBytes(address, operator));
    state.domains.update(domain, { admitted: isAdmitted ? [...others, operator] : others });
    return [{ type: 'minerAdmitted', domain, operator, isAdmitted }];
  },
};
