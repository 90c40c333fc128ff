import {
  addressOf,
  type BodyValues,
  consensusPossessionRoot,
  type GatewayRow,
  type MixerRow,
  possessionRoot,
  type ResultCode,
  type RoleRow,
  type RoleStatus,
  type StakeKind,
  type ValidatorRow,
} from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import type { Verifier } from './verifier.ts';
import type { LedgerView } from './view.ts';

/** What whoever brings a role says of it. */
type RoleTerms = Pick<RoleRow, 'account' | 'publicKey' | 'operator' | 'stakeUnits'>;

/** When a role comes, and the epoch after the one it counts as seen in; 0 when it must show first that it is there. */
type Arrival = { readonly height: number } & Pick<RoleRow, 'seenUntil'>;

/** The row of a role that has done nothing yet. */
export function roleRow(
  { account, publicKey, operator, stakeUnits }: RoleTerms,
  { height, seenUntil }: Arrival,
): RoleRow {
  const done = { epochDuties: 0, strikes: 0, seenUntil };
  return { account, publicKey, operator, stakeUnits, status: 'active', statusHeight: height, ...done };
}

/** The same of a gateway. */
export function gatewayRow(terms: RoleTerms, arrival: Arrival): GatewayRow {
  return { ...roleRow(terms, arrival), netAddresses: [] };
}

/** What stands for the engine of a validator that has named none (§3.12). */
export const noEngine: Uint8Array = new Uint8Array(32);

/** The same of a validator, with its consensus key. */
export function validatorRow(
  terms: RoleTerms,
  { consensusKey, ...arrival }: Arrival & Pick<ValidatorRow, 'consensusKey'>,
): ValidatorRow {
  return { ...roleRow(terms, arrival), netAddresses: [], consensusKey, engine: noEngine };
}

/** The same of a mixer, with its committee key. */
export function mixerRow(
  terms: RoleTerms,
  { blsPublicKey, ...arrival }: Arrival & { readonly blsPublicKey: Uint8Array },
): MixerRow {
  const turns = { nextSequence: 0, revealHeight: 0, epochRounds: 0, dutiesBefore: 0, seatFrom: 0 };
  return { ...roleRow(terms, arrival), netAddresses: [], blsPublicKey, ...turns };
}

export type RoleKind = Exclude<StakeKind, 'miner' | 'delegation' | 'backing'>;

/** Whether a role still is one; a paused one is. */
export function isGone({ status }: { readonly status: RoleStatus }): boolean {
  return status !== 'active' && status !== 'paused';
}

/** Why nothing can be changed about a role any more, or for now; OK when it can. */
export function standingCode(role: { readonly status: RoleStatus }): ResultCode {
  if (role.status === 'held') return 'ROLE_HELD';
  return isGone(role) ? 'ROLE_GONE' : 'OK';
}

export function isActive({ status }: { readonly status: RoleStatus }): boolean {
  return status === 'active';
}

/** Whether who sends a transaction speaks for a role: its owner, who runs it, or its own key. */
export function speaksFor(
  { account, operator, publicKey }: Pick<RoleRow, 'account' | 'operator' | 'publicKey'>,
  sender: Uint8Array,
): boolean {
  return [account, operator, addressOf(publicKey)].some((each) => equalBytes(each, sender));
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

/** The code of a consensus key for the validator of an account: nobody else's, and its secret is known (§3.10). */
export function consensusKeyCode(
  state: LedgerView,
  { consensusKey, possession }: Pick<BodyValues['registerValidator'], 'consensusKey' | 'possession'>,
  account: Uint8Array,
  verifier: Verifier,
): ResultCode {
  if (state.roleOf('consensus', consensusKey) !== undefined) return 'KEY_TAKEN';
  const root = consensusPossessionRoot(consensusKey, account);
  return verifier.ed25519(consensusKey, root, possession) ? 'OK' : 'BAD_POSSESSION';
}
