import type { BodyValues } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { invariant } from '../arithmetic/invariant.ts';
import { markSeen, presentKinds, wasSeen } from '../draw/presence.ts';
import { standingCode } from '../state/roles.ts';
import type { LedgerView } from '../state/state.ts';
import type { TransactionRule } from './rule.ts';

type Body = BodyValues['presence'];

/** The role that this key signs for now; one that is announced counts from the next epoch on (§3.6). */
function roleOf(state: LedgerView, { kind: staked }: Body, publicKey: Uint8Array) {
  const kind = presentKinds.find((each) => each === staked);
  const role = kind === undefined ? undefined : state.roleOf(kind, publicKey);
  if (kind === undefined || role === undefined) return null;
  const row = state[`${kind}s`].at(role);
  return equalBytes(row.publicKey, publicKey) ? { kind, role, row } : null;
}

/** A mixer, oracle or validator shows that it is there, once in an epoch (§7.12). */
export const presence: TransactionRule<Body> = {
  isDuty: (state, body, publicKey) => roleOf(state, body, publicKey) !== null,
  validate(state, body, { publicKey }) {
    const found = roleOf(state, body, publicKey);
    if (found === null) return 'UNKNOWN_ROLE';
    const code = standingCode(found.row);
    if (code !== 'OK') return code;
    // §7.12 Nobody knew it before the epoch began: who is gone could not have signed it ahead.
    if (!equalBytes(body.epochBeacon, state.globals.epochBeacon)) return 'WRONG_EPOCH';
    return wasSeen(found.row, state.globals.epoch) ? 'ALREADY_PRESENT' : 'OK';
  },
  apply(state, body, { publicKey }) {
    const found = roleOf(state, body, publicKey);
    invariant(found !== null, 'a valid presence is of no role');
    markSeen(state, found, state.globals.epoch);
    return [];
  },
};
