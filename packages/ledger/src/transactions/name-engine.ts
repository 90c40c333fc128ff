import type { BodyValues } from '@assay/protocol';
import { speaksFor, standingCode } from '../state/roles.ts';
import type { TransactionRule } from './rule.ts';

/** Says with which engine a validator audits; its owner may, or who runs it, or its own key (§3.12). */
export const nameEngine: TransactionRule<BodyValues['nameEngine']> = {
  validate(state, { validator }, { sender }) {
    const row = state.validators.get(validator);
    if (row === undefined) return 'UNKNOWN_ROLE';
    return speaksFor(row, sender) ? standingCode(row) : 'NOT_OWNER';
  },
  apply(state, { validator, engine }) {
    state.validators.update(validator, { engine });
    return [{ type: 'engineNamed', validator, engine }];
  },
};
