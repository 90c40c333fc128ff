import { type BodyValues, noValidator } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import type { TransactionRule } from './rule.ts';

/** Makes a miner's approved work count for a validator from now on, or for none (economics §8.3). */
export const assignWork: TransactionRule<BodyValues['assignWork']> = {
  validate(state, { miner, validator }, { sender }) {
    const row = state.miners.get(miner);
    if (row === undefined) return 'UNKNOWN_ROLE';
    if (validator !== noValidator && state.validators.get(validator) === undefined) return 'UNKNOWN_ROLE';
    return equalBytes(row.operator, sender) ? 'OK' : 'NOT_OWNER';
  },
  apply(state, { miner, validator }) {
    state.miners.update(miner, { validator });
    return [];
  },
};
