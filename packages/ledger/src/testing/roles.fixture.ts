import type { BodyValues, RoleStatus } from '@assay/protocol';
import type { RoleKind } from '../state/roles.ts';
import { consensusTerms } from './keys.fixture.ts';
import type { Sender, World } from './world.fixture.ts';

type RoleTerms = BodyValues['registerRole'];
type ValidatorTerms = BodyValues['registerValidator'];
type MixerTerms = BodyValues['registerMixer'];
type Newcomer = { readonly name?: Sender };
type ValidatorChange = Partial<ValidatorTerms> & Newcomer & { readonly owner?: Sender; readonly consensus?: Sender };

/** What a newcomer registers as; its duty key is that of a name. */
export function roleTerms(
  world: World,
  kind: Extract<RoleKind, 'oracle' | 'gateway'>,
  { name = 'stranger9', ...change }: Partial<RoleTerms> & Newcomer = {},
): RoleTerms {
  const { publicKey, address } = world.key(name);
  return { kind, publicKey, operator: address, stakeUnits: 1000n, ...change };
}

/** The same for a validator of the payer, whose consensus key has a name of its own. */
export function validatorTerms(
  world: World,
  { name = 'stranger9', owner = 'payer', consensus = 'consensus9', ...change }: ValidatorChange = {},
): ValidatorTerms {
  const { publicKey, address } = world.key(name);
  const terms = consensusTerms(world.key(consensus), world.address(owner));
  return { publicKey, operator: address, stakeUnits: 1000n, ...terms, ...change };
}

/** The same for a mixer, whose committee key has that name too. */
export function mixerTerms(
  world: World,
  { name = 'stranger9', ...change }: Partial<MixerTerms> & Newcomer = {},
): MixerTerms {
  const { publicKey, address } = world.key(name);
  const { publicKey: blsPublicKey, possession } = world.committeeKey(name);
  return { publicKey, operator: address, stakeUnits: 1000n, blsPublicKey, possession, ...change };
}

/** A role shows with its own key that it is there. */
export function presenceTx(world: World, sender: Sender, kind: RoleKind = 'mixer'): Uint8Array {
  const { epochBeacon } = world.state.globals;
  return world.tx(sender, 'presence', { kind, epochBeacon }, { feeUnits: 0n });
}

/** A genesis role's change of its own status, without what its account could not pay: somebody gives it the fee. */
export function statusTx(world: World, role: Sender, status: RoleStatus): Uint8Array {
  const [, kind = '', index = ''] = /^([a-z]+)(\d+)$/.exec(role) ?? [];
  world.block(world.tx('payer', 'transfer', { to: world.address(role), amountUnits: 100n }));
  const body = { kind: kind as RoleKind, role: Number(index), status };
  return world.tx(role, 'setRoleStatus', body);
}
