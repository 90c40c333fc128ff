import type { BodyValues } from '@assay/protocol';
import { committeeKeyCode, mixerRow } from '../state/roles.ts';
import type { TransactionRule } from './rule.ts';

/** Registers a mixer with the least stake or more; it may be in the committee of the next epoch (§3.1, §7.1). */
export const registerMixer: TransactionRule<BodyValues['registerMixer']> = {
  validate(state, body, { availableUnits, verifier }) {
    const { publicKey, stakeUnits } = body;
    if (stakeUnits > availableUnits) return 'INSUFFICIENT_BALANCE';
    if (stakeUnits < state.params.stake.mixerMinUnits) return 'STAKE_TOO_LOW';
    if (state.roleOf('mixer', publicKey) !== undefined) return 'KEY_TAKEN';
    return committeeKeyCode(state, body, verifier);
  },
  apply(state, { blsPublicKey, ...terms }, { sender, height }) {
    state.debit(sender, terms.stakeUnits);
    const role = state.mixers.push(mixerRow({ ...terms, account: sender }, { height, seenUntil: 0, blsPublicKey }));
    return [{ type: 'roleRegistered', kind: 'mixer', role, account: sender }];
  },
};
