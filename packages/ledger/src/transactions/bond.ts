import type { BodyValues } from '@assay/protocol';
import { invariant } from '../arithmetic/invariant.ts';
import { setStake, stakeOf } from '../stake/stakes.ts';
import { standingCode } from '../state/roles.ts';
import type { TransactionRule } from './rule.ts';

/** Adds to the stake of a role or to a miner's collateral; anyone may, and it is then the owner's (economics §6.1). */
export const bond: TransactionRule<BodyValues['bond']> = {
  validate(state, { kind, role, amountUnits }, { availableUnits }) {
    if (amountUnits === 0n) return 'ZERO_AMOUNT';
    if (amountUnits > availableUnits) return 'INSUFFICIENT_BALANCE';
    const stake = stakeOf(state, kind, role);
    if (stake === undefined) return 'UNKNOWN_ROLE';
    return standingCode(stake);
  },
  apply(state, { kind, role, amountUnits }, { sender }) {
    const stake = stakeOf(state, kind, role);
    invariant(stake !== undefined, `a valid bond names no role ${role}`);
    state.debit(sender, amountUnits);
    setStake(state, kind, role, stake.units + amountUnits);
    return [];
  },
};
