import type { BodyValues, ResultCode, RoleStatus } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { isLast, setStatus, stakeOf } from '../stake/stakes.ts';
import { standingCode } from '../state/roles.ts';
import type { LedgerView } from '../state/state.ts';
import type { TransactionRule } from './rule.ts';

type Body = BodyValues['setRoleStatus'];

/** Pauses a role, resumes it, or deregisters it for ever (§3.3, §3.4). */
export const setRoleStatus: TransactionRule<Body> = {
  validate(state, body, { sender }) {
    const role = stakeOf(state, body.kind, body.role);
    if (role === undefined) return 'UNKNOWN_ROLE';
    const isOwner = equalBytes(role.owner, sender);
    // §3.3 Who runs a role may pause it; only who owns its stake ends it.
    const mayPause = isOwner || equalBytes(role.operator, sender);
    if (body.status === 'deregistered' ? !isOwner : !mayPause) return 'NOT_OWNER';
    return statusCode(state, body, role.status);
  },
  apply(state, { kind, role, status }, { height }) {
    setStatus(state, kind, role, { status, statusHeight: height });
    return [{ type: 'roleStatusSet', kind, role, status }];
  },
};

function statusCode(state: LedgerView, body: Body, present: RoleStatus): ResultCode {
  const code = standingCode({ status: present });
  if (code !== 'OK') return code;
  const isAsked = body.status === 'active' || body.status === 'paused' || body.status === 'deregistered';
  if (!isAsked || body.status === present) return 'BAD_STATUS';
  return isLast(state, body, present) ? 'LAST_OF_KIND' : 'OK';
}
