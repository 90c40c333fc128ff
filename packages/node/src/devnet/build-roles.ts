import type { Engine } from '../consensus/port.ts';
import { TransactionSender } from '../consensus/sender.ts';
import type { Ed25519Signer } from '../crypto/signers.ts';
import { nativeVerifier } from '../crypto/verifier.ts';
import type { Keystore } from '../keys/keystore.ts';
import type { Network } from '../network/port.ts';
import type { RoleContext } from '../roles/context.ts';
import { type ApiKey, Gateway } from '../roles/gateway/service.ts';
import { Miner } from '../roles/miner/service.ts';
import { Mixer } from '../roles/mixer/service.ts';
import { Oracle } from '../roles/oracle/service.ts';
import { Validator } from '../roles/validator/service.ts';
import type { Store } from '../store/store.ts';
import type { Serving } from './backend.ts';
import { committee, concurrency, names } from './genesis.ts';
import { Roles } from './roles.ts';

export interface BuildParts {
  readonly engine: Engine;
  readonly keys: Keystore;
  readonly store: Store;
  readonly serving: Serving;
  readonly network: Network;
  readonly miners: number;
  /** Those the gateway takes; more may be added while it runs. */
  readonly apiKeys: readonly ApiKey[];
  readonly log: (line: string) => void;
}

export interface BuiltRoles {
  readonly roles: Roles;
  readonly gateway: Gateway;
  /** Whether a mixer of this process has a task in hand or waiting for its certificate. */
  readonly isPending: (taskId: string) => boolean;
}

const maxTasksPerMixer = 1024;
const requestMs = 5000;

/** Every role of the default network, each with its own keys, memory and place in the network. Nothing is started. */
export function buildRoles(parts: BuildParts): BuiltRoles {
  const { engine, keys, serving } = parts;
  const { chain } = engine.ledger.state;
  const roles = new Roles();
  const contextOf = (name: string, signer: Ed25519Signer): RoleContext => ({
    chain,
    engine,
    network: parts.network,
    signer,
    verifier: nativeVerifier,
    store: parts.store.roleStore(name),
    nowMs: Date.now,
    log: (line) => parts.log(`${name}: ${line}`),
  });
  const mixers = Array.from({ length: committee.mixers }, (_, i) => {
    const name = names.mixer(i);
    const signer = keys.account(name);
    const sender = new TransactionSender({ engine, signer, chain });
    const mixer = new Mixer(contextOf(name, signer), {
      mixer: i,
      committeeSigner: keys.committee(name),
      submit: (batch) => sender.send('certifiedBatch', batch, { feeUnits: 0n, validForBlocks: 8 }),
      maxTasks: maxTasksPerMixer,
    });
    roles.add({ name, kind: 'mixer', address: signer.address, service: mixer });
    return mixer;
  });
  for (let i = 0; i < parts.miners; i++) {
    const name = names.miner(i);
    const signer = keys.account(name);
    const service = new Miner(contextOf(name, signer), { worker: serving.workerOf(i), concurrency });
    roles.add({ name, kind: 'miner', address: signer.address, service });
  }
  for (let i = 0; i < committee.oracles; i++) {
    const name = names.oracle(i);
    const signer = keys.account(name);
    const service = new Oracle(contextOf(name, signer), { oracle: i });
    roles.add({ name, kind: 'oracle', address: signer.address, service });
  }
  for (let i = 0; i < committee.validators; i++) {
    const name = names.validator(i);
    const signer = keys.account(name);
    const sender = new TransactionSender({ engine, signer, chain });
    const service = new Validator(contextOf(name, signer), {
      validator: i,
      measuring: serving.measuring,
      submit: (kind, value) => sender.send(kind, value, { feeUnits: 0n }),
    });
    roles.add({ name, kind: 'validator', address: signer.address, service });
  }
  const signer = keys.account(names.gateway);
  const gateway = new Gateway(contextOf(names.gateway, signer), { gateway: 0, keys: parts.apiKeys, requestMs });
  roles.add({ name: names.gateway, kind: 'gateway', address: signer.address, service: gateway });
  return { roles, gateway, isPending: (taskId) => mixers.some((mixer) => mixer.holds(taskId)) };
}
