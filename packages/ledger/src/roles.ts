import {
  type BodyValues,
  type MixerRow,
  possessionRoot,
  type ResultCode,
  type RoleRow,
  roleStatuses,
  type StakeKind,
  stakeKinds,
} from '@assay/protocol';
import type { Verifier } from './verifier.ts';
import type { LedgerView } from './view.ts';

/** What whoever brings a role says of it. */
type RoleTerms = Pick<RoleRow, 'account' | 'publicKey' | 'operator' | 'stakeUnits'>;

/** The row of a role that has done nothing yet. */
export function roleRow({ account, publicKey, operator, stakeUnits }: RoleTerms, height: number): RoleRow {
  const status = roleStatuses.active;
  return { account, publicKey, operator, stakeUnits, status, statusHeight: height, epochDuties: 0, strikes: 0 };
}

/** The same of a mixer, with its committee key. */
export function mixerRow(
  terms: RoleTerms,
  { height, blsPublicKey }: { readonly height: number; readonly blsPublicKey: Uint8Array },
): MixerRow {
  const turns = { nextSequence: 0, revealHeight: 0, epochRounds: 0, dutiesBefore: 0 };
  return { ...roleRow(terms, height), blsPublicKey, ...turns };
}

export type RoleKind = Exclude<StakeKind, 'miner' | 'delegation' | 'backing'>;

/** The kind of role that a number of `stakeKinds` means; undefined when it means another stake, or none. */
export function roleKindOf(value: number): RoleKind | undefined {
  return (['mixer', 'oracle', 'validator', 'gateway'] as const).find((kind) => stakeKinds[kind] === value);
}

/** Whether a role still is one; a paused one is. */
export function isGone({ status }: { readonly status: number }): boolean {
  return ![roleStatuses.active, roleStatuses.paused].some((standing) => standing === status);
}

export function isActive({ status }: { readonly status: number }): boolean {
  return status === roleStatuses.active;
}

/** The code of a committee key: nobody else's, and its secret is known to who brings it (§1.2). */
export function committeeKeyCode(
  state: LedgerView,
  { blsPublicKey, possession }: Pick<BodyValues['registerMixer'], 'blsPublicKey' | 'possession'>,
  verifier: Verifier,
): ResultCode {
  if (state.roleOf('committee', blsPublicKey) !== undefined) return 'KEY_TAKEN';
  return verifier.bls([blsPublicKey], possessionRoot(blsPublicKey), possession) ? 'OK' : 'BAD_POSSESSION';
}
