import type { BodyValues } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { dearestRoyaltyBps, termsAt, termsCode } from '../stake/domains.ts';
import type { TransactionRule } from './rule.ts';

/** Announces new terms of the sender's domain (§4.9, B1); terms announced before that do not hold yet are dropped. */
export const updateDomain: TransactionRule<BodyValues['updateDomain']> = {
  validate(state, { domain, terms }, { sender }) {
    const row = state.domains.get(domain);
    if (row === undefined) return 'UNKNOWN_DOMAIN';
    if (!equalBytes(row.owner, sender)) return 'NOT_OWNER';
    return termsCode(terms, state.params.domains, dearestRoyaltyBps(state, domain));
  },
  apply(state, { domain, terms }, { height }) {
    const { epoch } = state.globals;
    const fromEpoch = epoch + state.params.domains.noticeEpochs;
    const present = termsAt(state.domains.at(domain), epoch);
    state.domains.update(domain, { terms: [present, { ...terms, fromEpoch, height }] });
    return [{ type: 'domainUpdated', domain, fromEpoch }];
  },
};
