import type { BodyValues, StakeKind } from '@assay/protocol';
import { invariant } from '../arithmetic/invariant.ts';
import { gatewayRow, type RoleKind, roleRow } from '../state/roles.ts';
import type { TransactionRule } from './rule.ts';

/** The others bring more, and have transactions of their own. */
function isRegistered(kind: StakeKind): kind is Extract<RoleKind, 'oracle' | 'gateway'> {
  return kind === 'oracle' || kind === 'gateway';
}

/** Registers an oracle or gateway with its least stake or more (§3.1). */
export const registerRole: TransactionRule<BodyValues['registerRole']> = {
  validate(state, { kind, publicKey, stakeUnits }, { availableUnits }) {
    if (stakeUnits > availableUnits) return 'INSUFFICIENT_BALANCE';
    if (!isRegistered(kind)) return 'UNKNOWN_ROLE';
    if (stakeUnits < state.params.stake[`${kind}MinUnits`]) return 'STAKE_TOO_LOW';
    return state.roleOf(kind, publicKey) === undefined ? 'OK' : 'KEY_TAKEN';
  },
  apply(state, { kind, ...terms }, { sender, height }) {
    invariant(isRegistered(kind), `a valid registration is of no kind: ${kind}`);
    state.debit(sender, terms.stakeUnits);
    const seenUntil = state.globals.epoch + 1;
    const [own, arrival] = [
      { ...terms, account: sender },
      { height, seenUntil },
    ];
    const role =
      kind === 'oracle' ? state.oracles.push(roleRow(own, arrival)) : state.gateways.push(gatewayRow(own, arrival));
    return [{ type: 'roleRegistered', kind, role, account: sender }];
  },
};
