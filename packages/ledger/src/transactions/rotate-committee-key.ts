import type { BodyValues } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { committeeKeyCode, standingCode } from '../state/roles.ts';
import type { TransactionRule } from './rule.ts';

/** Gives a mixer another committee key, which it signs with from the next epoch on (§3.6). */
export const rotateCommitteeKey: TransactionRule<BodyValues['rotateCommitteeKey']> = {
  validate(state, body, { sender, verifier }) {
    const row = state.mixers.get(body.mixer);
    if (row === undefined) return 'UNKNOWN_MIXER';
    if (!equalBytes(row.account, sender)) return 'NOT_OWNER';
    const code = standingCode(row);
    return code === 'OK' ? committeeKeyCode(state, body, verifier) : code;
  },
  apply(state, body) {
    state.committeeKeyChanges.push(body);
    return [{ type: 'committeeKeyRotated', mixer: body.mixer, fromEpoch: state.globals.epoch + 1 }];
  },
};
