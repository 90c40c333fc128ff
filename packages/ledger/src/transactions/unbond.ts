import type { BodyValues } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { invariant } from '../arithmetic/invariant.ts';
import { openEjections } from '../cases/cases.ts';
import { beginUnbonding, setStake, stakeOf } from '../stake/stakes.ts';
import type { TransactionRule } from './rule.ts';

/** Takes stake out of a role the sender owns, down to the minimum; it stays locked first (economics §6.1). */
export const unbond: TransactionRule<BodyValues['unbond']> = {
  validate(state, { kind, role, amountUnits }, { sender }) {
    if (amountUnits === 0n) return 'ZERO_AMOUNT';
    const stake = stakeOf(state, kind, role);
    if (stake === undefined) return 'UNKNOWN_ROLE';
    if (!equalBytes(stake.owner, sender)) return 'NOT_OWNER';
    if (stake.units < stake.minUnits + amountUnits) return 'STAKE_TOO_LOW';
    // §10.16 Until it is known who it belongs to.
    const isAtStake = kind === 'miner' && openEjections(state).has(role);
    if (isAtStake) return 'ROLE_HELD';
    // §3.4 It is released as a whole, once nothing can reach it any more.
    return stake.status === 'deregistered' ? 'ROLE_GONE' : 'OK';
  },
  apply(state, { kind, role, amountUnits }, { sender }) {
    const stake = stakeOf(state, kind, role);
    invariant(stake !== undefined, `a valid unbonding names no role ${role}`);
    setStake(state, kind, role, stake.units - amountUnits);
    beginUnbonding(state, { account: sender, kind, role }, amountUnits);
    return [];
  },
};
