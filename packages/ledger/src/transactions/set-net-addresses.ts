import type { BodyValues, StakeKind } from '@assay/protocol';
import { invariant } from '../arithmetic/invariant.ts';
import { isPlain } from '../stake/domains.ts';
import { speaksFor, standingCode } from '../state/roles.ts';
import type { TransactionRule } from './rule.ts';

const reachedKinds = ['mixer', 'validator', 'gateway'] as const;
const reachedKindOf = (kind: StakeKind) => reachedKinds.find((each) => each === kind);

/** Says where a role is reached; its owner may, or who runs it, or its own key (§3.11). */
export const setNetAddresses: TransactionRule<BodyValues['setNetAddresses']> = {
  validate(state, { kind: staked, role, netAddresses }, { sender }) {
    const kind = reachedKindOf(staked);
    const row = kind === undefined ? undefined : state[`${kind}s`].get(role);
    if (row === undefined) return 'UNKNOWN_ROLE';
    if (!speaksFor(row, sender)) return 'NOT_OWNER';
    const code = standingCode(row);
    if (code !== 'OK') return code;
    return netAddresses.every(isPlain) ? 'OK' : 'BAD_NET_ADDRESS';
  },
  apply(state, { kind: staked, role, netAddresses }) {
    const kind = reachedKindOf(staked);
    invariant(kind !== undefined, `a role is reached that nobody dials: ${staked}`);
    if (kind === 'mixer') state.mixers.update(role, { netAddresses });
    else state[`${kind}s`].update(role, { netAddresses });
    return [{ type: 'netAddressesSet', kind, role, netAddresses }];
  },
};
