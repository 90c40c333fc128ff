import type { BodyValues, StakeKind } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { invariant } from '../arithmetic/invariant.ts';
import { stakeOf } from '../stake/stakes.ts';
import { standingCode } from '../state/roles.ts';
import { keyKinds } from '../state/view.ts';
import type { TransactionRule } from './rule.ts';

const keyKindOf = (kind: StakeKind) => keyKinds.find((each) => each === kind);

/** Gives a role another key from the next epoch on; its owner, whose own key may lie cold, says so (§3.6). */
export const rotateKey: TransactionRule<BodyValues['rotateKey']> = {
  validate(state, { kind: staked, role, publicKey }, { sender }) {
    const kind = keyKindOf(staked);
    const stake = stakeOf(state, kind, role);
    if (kind === undefined || stake === undefined) return 'UNKNOWN_ROLE';
    if (!equalBytes(stake.owner, sender)) return 'NOT_OWNER';
    const code = standingCode(stake);
    if (code !== 'OK') return code;
    return state.roleOf(kind, publicKey) === undefined ? 'OK' : 'KEY_TAKEN';
  },
  apply(state, body) {
    const kind = keyKindOf(body.kind);
    invariant(kind !== undefined, `a valid key is of no role: ${body.kind}`);
    state.keyChanges.push(body);
    return [{ type: 'keyRotated', kind, role: body.role, fromEpoch: state.globals.epoch + 1 }];
  },
};
