import type { PresentKind, Verifier } from '@assay/ledger';
import type { BodyValues, Ref } from '@assay/protocol';
import type { RoleContext, RoleService } from '@assay/roles/context';
import { type ApiKeys, Gateway } from '@assay/roles/gateway/index';
import { LoadingMiner, Miner, usualPlantsOneIn, type Worker } from '@assay/roles/miner/index';
import { DrawTables, Mixer, type QueueView } from '@assay/roles/mixer/index';
import { Oracle } from '@assay/roles/oracle/index';
import type { Chain } from '@assay/roles/ports/chain';
import type { Network } from '@assay/roles/ports/network';
import { type Runtime, runtimeOf } from '@assay/roles/ports/runtime';
import { PresentRole } from '@assay/roles/presence';
import { type Measuring, measure, Validator } from '@assay/roles/validator/index';
import { TransactionSender } from '../consensus/sender.ts';
import { nativeCrypto } from '../crypto/role-crypto.ts';
import { nativeVerifier } from '../crypto/verifier.ts';
import type { RoleControl } from '../http/port.ts';
import type { KeyRing } from '../keys/keyring.ts';
import type { Store } from '../store/store.ts';
import { LiveAccountKey, LiveCommitteeKey } from './live-key.ts';
import { Roles } from './roles.ts';

/** A role that a node runs. */
export interface RoleSpec {
  readonly kind: RoleControl['kind'];
  /** Of its key in the key file, its memory, and its lines in the log. */
  readonly name: string;
  /** In the chain's table of its kind; of a miner, which its operator finds there, the number of its worker. */
  readonly index: number;
}

/** What the miners of a node serve with, and what its validators check with. */
export interface Workers {
  /** Null when nothing can be re-checked. */
  readonly measuring: Measuring | null;
  workerOf(index: number): Worker;
}

export interface BuildParts {
  readonly chain: Chain;
  readonly keys: KeyRing;
  readonly store: Pick<Store, 'roleStore'>;
  readonly serving: Workers;
  /** Tasks one of the miners runs at once. */
  readonly concurrency: number;
  readonly network: Network;
  readonly roles: readonly RoleSpec[];
  /** Null where none of the roles is a mixer. */
  readonly drawTables: DrawTables | null;
  /** Of how many answers that may be planted miners plant one, on average (§14.13). */
  readonly plantsOneIn?: number | undefined;
  /** Those the gateway takes, as they are at any moment. */
  readonly apiKeys: ApiKeys;
  readonly runtime: Runtime;
  /** The native one when absent. */
  readonly verifier?: Verifier;
  /** What takes the place of some roles, in a network that is attacked to see what becomes of it. */
  readonly attack?: Attack | null | undefined;
}

/** A role to be made: `make` gives the production one, of this equipment or another. */
export interface Member {
  readonly spec: RoleSpec;
  readonly equipment: Equipment;
  readonly make: (equipment: Equipment) => RoleService;
}

export type Attack = (member: Member) => RoleService;

export interface BuiltRoles {
  readonly roles: Roles;
  /** Null when none of the roles is one. */
  readonly gateway: Gateway | null;
  /** Whether a mixer of this process has a task in hand or waiting for its certificate. */
  readonly isPending: (taskId: string) => boolean;
  /** What waits at each mixer of this process for miners of these models of a domain. */
  readonly queues: (domain: Ref<'domains'>, models: readonly Ref<'models'>[]) => QueueView[];
}

/** Tasks that a mixer has in hand at once. */
const maxTasksPerMixer = 1024;

/** Roles, each with its own keys, memory and place in the network. Nothing is started. */
export function buildRoles(parts: BuildParts): BuiltRoles {
  const roles = new Roles(parts.runtime.log);
  const mixers: Mixer[] = [];
  let gateway: Gateway | null = null;
  for (const spec of parts.roles) {
    const { kind, name } = spec;
    const equipment = equip(parts, spec);
    const { signer, committeeSigner } = equipment;
    const make = (given: Equipment) => {
      const service = makers[kind](given, parts, spec.index);
      if (service instanceof Mixer) mixers.push(service);
      if (service instanceof Gateway) gateway = service;
      return service;
    };
    const service = parts.attack?.({ spec, equipment, make }) ?? make(equipment);
    roles.add({ name, kind, signer, committeeSigner, service: withPresence(service, equipment, spec) });
  }
  return {
    roles,
    gateway,
    isPending: (taskId) => mixers.some((mixer) => mixer.holds(taskId)),
    queues: (domain, models) => mixers.map((mixer) => mixer.queue(domain, models)),
  };
}

/** What a role works with. Its account has this one sender: two would take each other's nonces. */
export interface Equipment {
  readonly signer: LiveAccountKey;
  readonly committeeSigner: LiveCommitteeKey | null;
  readonly sender: Pick<TransactionSender, 'send'>;
  readonly context: RoleContext;
  readonly serving: Workers;
  readonly measure: typeof measure;
}

function equip(parts: BuildParts, { kind, name, index }: RoleSpec): Equipment {
  const { chain, network, runtime, store, serving, verifier = nativeVerifier } = parts;
  const signer = kind === 'miner' ? minerKeyOf(parts, name) : keyOf(parts, { kind, name, index });
  const committeeSigner = kind === 'mixer' ? committeeKeyOf(parts, { name, index }) : null;
  const sender = new TransactionSender({ chain, signer, runtime });
  const context: RoleContext = {
    chain,
    network,
    signer,
    verifier,
    crypto: nativeCrypto,
    store: store.roleStore(name),
    runtime: runtimeOf(runtime, name),
  };
  return { signer, committeeSigner, sender, context, serving, measure };
}

/** What answers for the miners of these names while their model is loaded (§20.9). */
export function loadingMiners(
  { chain, keys, network, runtime }: Pick<BuildParts, 'chain' | 'keys' | 'network' | 'runtime'>,
  names: readonly string[],
): RoleService[] {
  return names.map((name) => {
    const signer = minerKeyOf({ chain, keys }, name);
    return new LoadingMiner({ network, signer, runtime: runtimeOf(runtime, name) });
  });
}

/** What the mixers of a node know of earlier draws. */
export function drawTablesOf({ chain, store }: Pick<BuildParts, 'chain' | 'store'>): DrawTables {
  return new DrawTables(chain, store.roleStore('draws'));
}

type Maker = (equipment: Equipment, parts: BuildParts, index: number) => RoleService;

const makers: Readonly<Record<RoleSpec['kind'], Maker>> = {
  mixer: ({ context, committeeSigner, sender }, { drawTables }, mixer) => {
    if (committeeSigner === null || drawTables === null) throw new Error('a mixer has a committee key and draw tables');
    const submit = (batch: BodyValues['certifiedBatch']) =>
      sender.send('certifiedBatch', batch, { feeUnits: 0n, validForBlocks: 8 });
    const report = (evidence: BodyValues['evidence']) => sender.send('evidence', evidence, {});
    return new Mixer(context, { mixer, committeeSigner, drawTables, submit, report, maxTasks: maxTasksPerMixer });
  },
  miner: ({ context, sender, serving }, { concurrency, plantsOneIn = usualPlantsOneIn }, index) => {
    const submit = (opening: BodyValues['openPlant']) => sender.send('openPlant', opening, { feeUnits: 0n });
    return new Miner(context, { worker: serving.workerOf(index), concurrency, plants: { submit, oneIn: plantsOneIn } });
  },
  oracle: ({ context }, _, oracle) => new Oracle(context, { oracle }),
  validator: ({ context, sender, serving, measure }, _, validator) =>
    new Validator(context, {
      validator,
      measure,
      measuring: serving.measuring,
      // Evidence is no duty: who reports pays its fee.
      submit: (kind, value) => sender.send(kind, value, kind === 'evidence' ? {} : { feeUnits: 0n }),
    }),
  gateway: ({ context }, { apiKeys }, gateway) => new Gateway(context, { gateway, keys: apiKeys }),
};

/** Shows with the role's own key that it is there, where that counts, beside what its service sends. */
function withPresence(service: RoleService, { context, sender }: Equipment, { kind, index }: RoleSpec): RoleService {
  if (kind === 'miner' || kind === 'gateway') return service;
  const submit = (value: BodyValues['presence']) => sender.send('presence', value, { feeUnits: 0n });
  return new PresentRole(service, context, { kind: kind satisfies PresentKind, role: index, submit });
}

type Keys = Pick<BuildParts, 'chain' | 'keys'>;
type RoleKind = Exclude<RoleSpec['kind'], 'miner'>;

/** The key of a role that is on the chain; its index in the table stays, whatever key it gets (§3.6). */
function keyOf({ chain, keys }: Keys, { kind, name, index }: RoleSpec & { readonly kind: RoleKind }): LiveAccountKey {
  return new LiveAccountKey({
    first: keys.named.account(name),
    onChain: () => chain.head()[`${kind}s`].at(index).publicKey,
    find: (publicKey) => keys.account(publicKey),
  });
}

function committeeKeyOf({ chain, keys }: Keys, { name, index }: Pick<RoleSpec, 'name' | 'index'>): LiveCommitteeKey {
  return new LiveCommitteeKey({
    first: keys.named.committee(name),
    onChain: () => chain.head().mixers.at(index).blsPublicKey,
    find: (publicKey) => keys.committee(publicKey),
  });
}

/** A miner is found by its operator, who stays. */
function minerKeyOf({ chain, keys }: Keys, name: string): LiveAccountKey {
  const operator = keys.named.account(name);
  return new LiveAccountKey({
    first: operator,
    onChain: () => {
      const state = chain.head();
      return state.miners.get(state.minerOf(operator.address) ?? -1)?.publicKey ?? null;
    },
    find: (publicKey) => keys.account(publicKey),
  });
}
