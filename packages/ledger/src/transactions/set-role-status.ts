import { type BodyValues, equalBytes, type ResultCode, type RoleStatus, roleStatuses } from '@assay/protocol';
import { invariant } from '../invariant.ts';
import { standingCode } from '../roles.ts';
import { isLast, setStatus, stakeKindOf, stakeOf } from '../stakes.ts';
import type { LedgerView } from '../state.ts';
import type { TransactionRule } from './rule.ts';

const names = Object.keys(roleStatuses) as RoleStatus[];

type Body = BodyValues['setRoleStatus'];

/** Pauses a role, resumes it, or deregisters it for ever (§3.3, §3.4). */
export const setRoleStatus: TransactionRule<Body> = {
  validate(state, body, { sender }) {
    const role = stakeOf(state, stakeKindOf(body.kind), body.role);
    if (role === undefined) return 'UNKNOWN_ROLE';
    const isOwner = equalBytes(role.owner, sender);
    // §3.3 Who runs a role may pause it; only who owns its stake ends it.
    const mayPause = isOwner || equalBytes(role.operator, sender);
    if (body.status === roleStatuses.deregistered ? !isOwner : !mayPause) return 'NOT_OWNER';
    return statusCode(state, body, role.status);
  },
  apply(state, { kind, role, status }, { height }) {
    const word = stakeKindOf(kind);
    const name = names.find((each) => roleStatuses[each] === status);
    invariant(word !== undefined && name !== undefined, `a valid status is none: ${kind}, ${status}`);
    setStatus(state, word, role, { status, statusHeight: height });
    return [{ type: 'roleStatusSet', kind: word, role, status: name }];
  },
};

function statusCode(state: LedgerView, body: Body, present: number): ResultCode {
  const code = standingCode({ status: present });
  if (code !== 'OK') return code;
  if (body.status > roleStatuses.deregistered || body.status === present) return 'BAD_STATUS';
  return isLast(state, body, present) ? 'LAST_OF_KIND' : 'OK';
}
