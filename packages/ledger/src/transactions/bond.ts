import type { BodyValues } from '@assay/protocol';
import { invariant } from '../invariant.ts';
import { standingCode } from '../roles.ts';
import { setStake, stakeKindOf, stakeOf } from '../stakes.ts';
import type { TransactionRule } from './rule.ts';

/** Adds to the stake of a role or to a miner's collateral; anyone may, and it is then the owner's (economics §6.1). */
export const bond: TransactionRule<BodyValues['bond']> = {
  validate(state, { kind, role, amountUnits }, { availableUnits }) {
    if (amountUnits === 0n) return 'ZERO_AMOUNT';
    if (amountUnits > availableUnits) return 'INSUFFICIENT_BALANCE';
    const stake = stakeOf(state, stakeKindOf(kind), role);
    if (stake === undefined) return 'UNKNOWN_ROLE';
    return standingCode(stake);
  },
  apply(state, body, { sender }) {
    const kind = stakeKindOf(body.kind);
    const stake = stakeOf(state, kind, body.role);
    invariant(kind !== undefined && stake !== undefined, `a valid bond names no role ${body.role}`);
    state.debit(sender, body.amountUnits);
    setStake(state, kind, body.role, stake.units + body.amountUnits);
    return [];
  },
};
