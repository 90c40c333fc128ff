import type { PresentKind, Verifier } from '@assay/ledger';
import type { BodyValues } from '@assay/protocol';
import type { AccountSigner, RoleContext, RoleService } from '@assay/roles/context';
import { type ApiKey, Gateway } from '@assay/roles/gateway/index';
import { Miner, usualPlantsOneIn } from '@assay/roles/miner/index';
import { Mixer } from '@assay/roles/mixer/index';
import { Oracle } from '@assay/roles/oracle/index';
import type { Chain } from '@assay/roles/ports/chain';
import type { Network } from '@assay/roles/ports/network';
import { type Runtime, runtimeOf } from '@assay/roles/ports/runtime';
import { PresentRole } from '@assay/roles/presence';
import { Validator } from '@assay/roles/validator/index';
import { TransactionSender } from '../consensus/sender.ts';
import { nativeCrypto } from '../crypto/role-crypto.ts';
import { nativeVerifier } from '../crypto/verifier.ts';
import { LiveAccountKey, LiveCommitteeKey } from '../host/live-key.ts';
import { Roles } from '../host/roles.ts';
import type { KeyRing } from '../keys/keyring.ts';
import type { Store } from '../store/store.ts';
import type { Serving } from './backend.ts';
import { committee, concurrency, names } from './genesis.ts';

export interface BuildParts {
  readonly chain: Chain;
  readonly keys: KeyRing;
  readonly store: Pick<Store, 'roleStore'>;
  readonly serving: Serving;
  readonly network: Network;
  readonly miners: number;
  /** As many as the default network has when absent. */
  readonly mixers?: number;
  /** Of how many answers that may be planted miners plant one, on average (§14.13). */
  readonly plantsOneIn?: number;
  /** Those the gateway takes, as they are at any moment. */
  readonly apiKeys: Iterable<ApiKey>;
  readonly runtime: Runtime;
  /** The native one when absent. */
  readonly verifier?: Verifier;
}

export interface BuiltRoles {
  readonly roles: Roles;
  readonly gateway: Gateway;
  /** Whether a mixer of this process has a task in hand or waiting for its certificate. */
  readonly isPending: (taskId: string) => boolean;
}

/** A role whose presence counts, with what sends for it. */
interface RoleWithPresence {
  readonly name: string;
  readonly kind: PresentKind;
  readonly index: number;
  readonly signer: AccountSigner;
  readonly sender: TransactionSender;
}

const maxTasksPerMixer = 1024;
const requestMs = 5000;

/** Every role of the default network, each with its own keys, memory and address in the network. Nothing is started. */
export function buildRoles(parts: BuildParts): BuiltRoles {
  const { chain, serving, runtime } = parts;
  const roles = new Roles(runtime.log);
  const contextOf = (name: string, signer: AccountSigner): RoleContext => ({
    chain,
    network: parts.network,
    signer,
    verifier: parts.verifier ?? nativeVerifier,
    crypto: nativeCrypto,
    store: parts.store.roleStore(name),
    runtime: runtimeOf(runtime, name),
  });
  /** Shows with the role's own key that it is there, beside what its service sends. */
  const present = (service: RoleService, role: RoleWithPresence): RoleService => {
    const { name, signer, sender } = role;
    const submit = (value: BodyValues['presence']) => sender.send('presence', value, { feeUnits: 0n });
    return new PresentRole(service, contextOf(name, signer), { kind: role.kind, role: role.index, submit });
  };
  const mixers = Array.from({ length: parts.mixers ?? committee.mixers }, (_, i) => {
    const name = names.mixer(i);
    const { signer, committeeSigner } = { signer: keyOf(parts, 'mixer', i), committeeSigner: committeeKeyOf(parts, i) };
    const sender = new TransactionSender({ chain, signer, runtime });
    const mixer = new Mixer(contextOf(name, signer), {
      mixer: i,
      committeeSigner,
      submit: (batch) => sender.send('certifiedBatch', batch, { feeUnits: 0n, validForBlocks: 8 }),
      maxTasks: maxTasksPerMixer,
    });
    const service = present(mixer, { name, kind: 'mixer', index: i, signer, sender });
    roles.add({ name, kind: 'mixer', signer, committeeSigner, service });
    return mixer;
  });
  for (let i = 0; i < parts.miners; i++) {
    const name = names.miner(i);
    const signer = minerKeyOf(parts, i);
    const sender = new TransactionSender({ chain, signer, runtime });
    const submit = (opening: BodyValues['openPlant']) => sender.send('openPlant', opening, { feeUnits: 0n });
    const plants = { submit, oneIn: parts.plantsOneIn ?? usualPlantsOneIn };
    const service = new Miner(contextOf(name, signer), { worker: serving.workerOf(i), concurrency, plants });
    roles.add({ name, kind: 'miner', signer, committeeSigner: null, service });
  }
  for (let i = 0; i < committee.oracles; i++) {
    const name = names.oracle(i);
    const signer = keyOf(parts, 'oracle', i);
    const sender = new TransactionSender({ chain, signer, runtime });
    const oracle = new Oracle(contextOf(name, signer), { oracle: i });
    const service = present(oracle, { name, kind: 'oracle', index: i, signer, sender });
    roles.add({ name, kind: 'oracle', signer, committeeSigner: null, service });
  }
  for (let i = 0; i < committee.validators; i++) {
    const name = names.validator(i);
    const signer = keyOf(parts, 'validator', i);
    const sender = new TransactionSender({ chain, signer, runtime });
    const validator = new Validator(contextOf(name, signer), {
      validator: i,
      measuring: serving.measuring,
      submit: (kind, value) => sender.send(kind, value, { feeUnits: 0n }),
    });
    const service = present(validator, { name, kind: 'validator', index: i, signer, sender });
    roles.add({ name, kind: 'validator', signer, committeeSigner: null, service });
  }
  const signer = keyOf(parts, 'gateway', 0);
  const gateway = new Gateway(contextOf(names.gateway, signer), { gateway: 0, keys: parts.apiKeys, requestMs });
  roles.add({ name: names.gateway, kind: 'gateway', signer, committeeSigner: null, service: gateway });
  return { roles, gateway, isPending: (taskId) => mixers.some((mixer) => mixer.holds(taskId)) };
}

type Parts = Pick<BuildParts, 'chain' | 'keys'>;

/** The key of a role that the genesis has; its index in the table stays, whatever key it gets (§3.6). */
function keyOf({ chain, keys }: Parts, kind: 'mixer' | 'oracle' | 'validator' | 'gateway', i: number): LiveAccountKey {
  return new LiveAccountKey({
    first: keys.named.account(kind === 'gateway' ? names.gateway : names[kind](i)),
    onChain: () => chain.head()[`${kind}s`].at(i).publicKey,
    find: (publicKey) => keys.account(publicKey),
  });
}

function committeeKeyOf({ chain, keys }: Parts, i: number): LiveCommitteeKey {
  return new LiveCommitteeKey({
    first: keys.named.committee(names.mixer(i)),
    onChain: () => chain.head().mixers.at(i).blsPublicKey,
    find: (publicKey) => keys.committee(publicKey),
  });
}

/** A miner is found by its operator, who stays. */
function minerKeyOf({ chain, keys }: Parts, i: number): LiveAccountKey {
  const operator = keys.named.account(names.miner(i));
  return new LiveAccountKey({
    first: operator,
    onChain: () => {
      const state = chain.head();
      return state.miners.get(state.minerOf(operator.address) ?? -1)?.publicKey ?? null;
    },
    find: (publicKey) => keys.account(publicKey),
  });
}
