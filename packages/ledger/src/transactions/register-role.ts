import type { BodyValues } from '@assay/protocol';
import { invariant } from '../invariant.ts';
import { roleKindOf, roleRow } from '../roles.ts';
import type { TransactionRule } from './rule.ts';

/** Registers an oracle, validator or gateway with its least stake or more (§3.1). */
export const registerRole: TransactionRule<BodyValues['registerRole']> = {
  validate(state, { kind: number, publicKey, stakeUnits }, { availableUnits }) {
    if (stakeUnits > availableUnits) return 'INSUFFICIENT_BALANCE';
    const kind = roleKindOf(number);
    if (kind === undefined || kind === 'mixer') return 'UNKNOWN_ROLE';
    if (stakeUnits < state.params.stake[`${kind}MinUnits`]) return 'STAKE_TOO_LOW';
    return state.roleOf(kind, publicKey) === undefined ? 'OK' : 'KEY_TAKEN';
  },
  apply(state, { kind: number, ...terms }, { sender, height }) {
    const kind = roleKindOf(number);
    invariant(kind !== undefined && kind !== 'mixer', `a valid registration is of no kind: ${number}`);
    state.debit(sender, terms.stakeUnits);
    const seenUntil = state.globals.epoch + 1;
    const role = state[`${kind}s`].push(roleRow({ ...terms, account: sender }, { height, seenUntil }));
    // economics §8.2 It begins without power, and gains some with the next epochs.
    if (kind === 'validator') state.powers.push({ powerPpb: 0, epochWork: 0n, recentWork: [], noResultsLeft: 0 });
    return [{ type: 'roleRegistered', kind, role, account: sender }];
  },
};
