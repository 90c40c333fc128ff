import type { BodyValues } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { consensusKeyCode, standingCode } from '../state/roles.ts';
import type { TransactionRule } from './rule.ts';

/** Gives a validator another consensus key, which holds from the next epoch on (§3.6, §3.10). */
export const rotateConsensusKey: TransactionRule<BodyValues['rotateConsensusKey']> = {
  validate(state, body, { sender, verifier }) {
    const row = state.validators.get(body.validator);
    if (row === undefined) return 'UNKNOWN_ROLE';
    if (!equalBytes(row.account, sender)) return 'NOT_OWNER';
    const code = standingCode(row);
    return code === 'OK' ? consensusKeyCode(state, body, sender, verifier) : code;
  },
  apply(state, body) {
    state.consensusKeyChanges.push(body);
    return [{ type: 'consensusKeyRotated', validator: body.validator, fromEpoch: state.globals.epoch + 1 }];
  },
};
