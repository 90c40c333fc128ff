import type { BodyValues } from '@assay/protocol';
import { consensusKeyCode, validatorRow } from '../state/roles.ts';
import type { TransactionRule } from './rule.ts';

/** Registers a validator with the least stake or more (§3.1). */
export const registerValidator: TransactionRule<BodyValues['registerValidator']> = {
  validate(state, body, { sender, availableUnits, verifier }) {
    const { publicKey, stakeUnits } = body;
    if (stakeUnits > availableUnits) return 'INSUFFICIENT_BALANCE';
    if (stakeUnits < state.params.stake.validatorMinUnits) return 'STAKE_TOO_LOW';
    if (state.roleOf('validator', publicKey) !== undefined) return 'KEY_TAKEN';
    return consensusKeyCode(state, body, sender, verifier);
  },
  apply(state, { consensusKey, ...terms }, { sender, height }) {
    state.debit(sender, terms.stakeUnits);
    const seenUntil = state.globals.epoch + 1;
    const row = validatorRow({ ...terms, account: sender }, { height, seenUntil, consensusKey });
    const role = state.validators.push(row);
    // economics §8.2 It begins without power, and gains some with the next epochs.
    state.powers.push({ powerPpb: 0, epochWork: 0n, recentWork: [], noResultsLeft: 0 });
    return [{ type: 'roleRegistered', kind: 'validator', role, account: sender }];
  },
};
