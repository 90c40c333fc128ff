import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { genesisHash, revealSigningRoot } from '@assay/ledger';
import {
  ArtifactBundle,
  type Attestation,
  type BatchOffer,
  type BodyKind,
  type BodyValues,
  batchRoots,
  type EngineInfo,
  equalBytes,
  type Genesis,
  InferencePayload,
  type MessageType,
  messageTypes,
  type Receipt,
  TaskRequest,
  TaskSubmission,
  type Transition,
  TransitionRequest,
} from '@assay/protocol';
import type { Type } from '@chainsafe/ssz';
import { EmbeddedEngine } from '../../src/consensus/embedded.ts';
import type { Chain } from '../../src/consensus/port.ts';
import { type ReplayResult, replay } from '../../src/consensus/replay.ts';
import { TransactionSender } from '../../src/consensus/sender.ts';
import { nativeCrypto } from '../../src/crypto/role-crypto.ts';
import { apiKeyOf, type BlsSigner, type Ed25519Signer } from '../../src/crypto/signers.ts';
import { nativeVerifier } from '../../src/crypto/verifier.ts';
import type { Serving } from '../../src/devnet/backend.ts';
import { type BuiltRoles, buildRoles } from '../../src/devnet/build-roles.ts';
import { followKeys } from '../../src/devnet/follow-keys.ts';
import { followSessions } from '../../src/devnet/follow-sessions.ts';
import { devnetGenesis, keyNames, maxTaskUnits, names, sessionDepositUnits } from '../../src/devnet/genesis.ts';
import { readGenesisFile, writeGenesisFile } from '../../src/devnet/genesis-file.ts';
import { settle } from '../../src/devnet/settle.ts';
import type { InferenceModel } from '../../src/inference/port.ts';
import { ApiKeyFile } from '../../src/keys/api-keys.ts';
import { KeyRing } from '../../src/keys/keyring.ts';
import { type KeyName, type Keystore, openKeystore } from '../../src/keys/keystore.ts';
import { MemoryNetwork } from '../../src/network/memory.ts';
import { networkAddress, type RoleService, SigningRoots } from '../../src/roles/context.ts';
import { modelWorker, type Worker } from '../../src/roles/miner/index.ts';
import { contentsOf, Mixer, type MixerOptions, ofReceipt, ofTransition } from '../../src/roles/mixer/index.ts';

import type { InferenceRequest } from '../../src/roles/ports/chat.ts';
import { type PresenceOptions, PresentRole } from '../../src/roles/presence.ts';
import { type Runtime, runtimeOf } from '../../src/runtime/port.ts';
import { realRuntime } from '../../src/runtime/real.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { SimulatedModel } from './model.ts';

export const engineInfo: EngineInfo = {
  name: 'simulated',
  build: '1',
  backend: 'cpu',
  flashAttention: false,
  kvType: 'f16',
};
export const fileHash = new Uint8Array(32).fill(7);
const modelName = 'simulated';
const keyFile = 'keys.json';
const passphrase = 'test';

export interface SimulatedOptions {
  readonly miners: number;
  /** What a miner really runs; the validators run the registered weights. */
  readonly modelOf?: (miner: number) => InferenceModel;
  /** What a miner answers with, in place of that model. */
  readonly workerOf?: (miner: number, honest: Worker) => Worker;
  /** What the validators run now; the registered weights when absent. */
  readonly audited?: () => InferenceModel;
  /** The network it runs over. */
  readonly network?: MemoryNetwork;
  readonly params?: Partial<Genesis['params']>;
  readonly depositUnits?: bigint;
  /** Of how many answers that may be planted miners plant one; none when absent. */
  readonly plantsOneIn?: number;
  /** Where it lives; a directory of its own, gone at the end, when absent. */
  readonly dir?: string;
}

/** The default network with its production roles, engine and store, over simulated engines. */
export class SimulatedNetwork {
  readonly chain: Chain;
  readonly keys: Keystore;
  readonly built: BuiltRoles;
  readonly session: number;
  readonly apiKey: string;
  readonly log: readonly string[];
  readonly network: MemoryNetwork;
  readonly runtime: Runtime;
  readonly #engine: EmbeddedEngine;
  readonly #store: Store;
  readonly #dir: string;
  /** No timer of the network keeps a process alive; this does until it ends. */
  readonly #alive: NodeJS.Timeout;
  readonly #genesis: Genesis;

  private constructor(parts: {
    engine: EmbeddedEngine;
    keys: Keystore;
    built: BuiltRoles;
    session: number;
    store: Store;
    genesis: Genesis;
    dir: string;
    log: readonly string[];
    network: MemoryNetwork;
    runtime: Runtime;
    alive: NodeJS.Timeout;
  }) {
    this.#alive = parts.alive;
    this.network = parts.network;
    this.runtime = parts.runtime;
    this.chain = parts.engine.chain;
    this.#engine = parts.engine;
    this.keys = parts.keys;
    this.built = parts.built;
    this.session = parts.session;
    this.apiKey = apiKeyOf(parts.keys.account(names.session), parts.session);
    this.log = parts.log;
    this.#store = parts.store;
    this.#dir = parts.dir;
    this.#genesis = parts.genesis;
  }

  static async start(options: SimulatedOptions): Promise<SimulatedNetwork> {
    const alive = setInterval(() => {}, 60_000);
    const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'assay-roles-'));
    const openKeys = () => openKeystore(join(dir, keyFile), passphrase, keyNames(options.miners));
    const keys = await openKeys();
    const ring = new KeyRing(keys, openKeys);
    const registered = new SimulatedModel('registered');
    const model = { name: modelName, fileHash, contextTokens: 4096, t1ThresholdPpb: 40_000_000 };
    const genesisFile = join(dir, 'genesis.json');
    const plain = devnetGenesis(keys, { model, miners: options.miners, timeMs: Date.now() });
    const params = { ...plain.params, blockTimeMs: 100, batchMs: 20, ...options.params };
    const genesis = (await readGenesisFile(genesisFile)) ?? { ...plain, params };
    await writeGenesisFile(genesisFile, genesis);
    const store = await openStore({ dir: join(dir, 'chain'), genesisHash: genesisHash(genesis) });
    const log: string[] = [];
    const runtime = realRuntime((line) => log.push(line));
    const engine = await EmbeddedEngine.open({
      store,
      genesis,
      signerOf: (publicKey) => ring.account(publicKey),
      runtime,
      onFatal: (error) => log.push(`fatal: ${error.message}`),
    });
    const { chain } = engine;
    const audited = options.audited ?? (() => registered);
    const open = async (hash: Uint8Array) => (equalBytes(hash, fileHash) ? audited() : null);
    const serving: Serving = {
      model,
      evidenceLevel: 2,
      measuring: { engine: engineInfo, open },
      workerOf: (miner) => {
        const worker = modelWorker(options.modelOf?.(miner) ?? registered, engineInfo);
        return options.workerOf?.(miner, worker) ?? worker;
      },
      requireRegistered: () => {},
      close: async () => {},
    };
    await ApiKeyFile.begin(join(dir, 'api-keys.json'));
    const file = new ApiKeyFile(join(dir, 'api-keys.json'));
    const apiKeys = followSessions({ chain, ring, file }, (line) => log.push(line));
    const network = options.network ?? new MemoryNetwork(runtime);
    const built = buildRoles({
      ...{ chain, keys: ring, store, serving, network, apiKeys, runtime },
      miners: options.miners,
      plantsOneIn: options.plantsOneIn ?? 0,
    });
    followKeys(chain, ring, built.roles, (line) => log.push(line));
    await built.roles.startAll();
    engine.start();
    const { miners, depositUnits = sessionDepositUnits } = options;
    const engineOf = (miner: number) => serving.workerOf(miner).engine;
    const session = await settle({ chain, keys, runtime, miners, evidenceLevel: 2, engineOf, depositUnits });
    const running = new SimulatedNetwork({
      ...{ engine, keys, built, session, store, genesis, dir, log, network, runtime, alive },
    });
    await running.blocks(3);
    return running;
  }

  request(change: Partial<InferenceRequest> = {}): InferenceRequest {
    return {
      model: modelName,
      messages: [{ role: 'user', content: 'hello' }],
      maxTokens: 8,
      temperatureMicro: 1_000_000,
      topPMicro: 1_000_000,
      seed: 1,
      stop: [],
      topLogprobs: null,
      ...change,
    };
  }

  /** Opens a session of an account, and gives an API key that spends it. */
  async openSession(account: string, terms: Partial<BodyValues['openSession']>): Promise<string> {
    const { chain, keys, runtime } = this;
    const sessionSigner = keys.account(names.session);
    const sender = new TransactionSender({ chain, signer: keys.account(account), runtime });
    const { code } = await sender.send('openSession', {
      ...{ sessionKey: sessionSigner.publicKey, domain: 0, model: 0, homeMixer: 0, redundancy: 1, isBackground: false },
      ...{ depositUnits: sessionDepositUnits, maxTaskUnits, expiryHeight: 1_000_000 },
      ...{ sharesPrompts: false, dedicatedMiners: [], ...terms },
    });
    if (code !== 'OK') throw new Error(code);
    return apiKeyOf(sessionSigner, chain.head().sessions.length - 1);
  }

  /** The whole answer to a request. */
  async ask(change: Partial<InferenceRequest> = {}, apiKey = this.apiKey): Promise<{ taskId: string; text: string }> {
    const { signal } = new AbortController();
    const { taskId, events } = await this.built.gateway.ask(apiKey, this.request(change), signal);
    let text = '';
    for await (const event of events) if (event.type === 'tokens') text += event.text;
    return { taskId, text };
  }

  /** Resolves when `count` more blocks are durable. */
  blocks(count: number): Promise<void> {
    return this.until(() => --count < 0);
  }

  /** Resolves after the first block for which `holds`. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const done = this.chain.onBlock(() => {
        if (!holds()) return;
        done();
        resolve();
      });
    });
  }

  /** Whether a task was approved or rejected. */
  isDecided(taskId: string): boolean {
    const status = this.task(taskId)?.row.status ?? 'certified';
    return status !== 'certified' && status !== 'auditing';
  }

  /** The task as the store shows it; null until it is certified. */
  task(taskId: string) {
    return this.#store.task(Buffer.from(taskId.slice(2), 'hex'));
  }

  mixerAddress(mixer: number): string {
    return networkAddress(this.chain.head().mixers.at(mixer));
  }

  /** A request as the gateway signs and sends it. */
  submission(): Uint8Array {
    const payload: InferencePayload = {
      ...InferencePayload.defaultValue(),
      messages: [{ role: 1, content: 'hello' }],
      maxTokens: 4,
    };
    const request: TaskRequest = {
      session: this.session,
      gateway: 0,
      requestHash: InferencePayload.hashTreeRoot(payload),
      maxTokensIn: 100,
      maxTokensOut: 4,
      validUntilMs: Date.now() + 60_000,
    };
    const root = new SigningRoots(this.chain.identity).of(messageTypes.taskRequest, TaskRequest, request);
    const signature = this.keys.account(names.session).sign(root);
    return TaskSubmission.serialize({ request, signature, payload });
  }

  /** A batch in the turn of a mixer. */
  offer(mixer: number, ...attestations: Attestation[]): BatchOffer {
    const state = this.chain.head();
    const turn = { epoch: state.globals.epoch, sequence: state.mixers.at(mixer).nextSequence };
    const reveal = this.keys.committee(names.mixer(mixer)).sign(revealSigningRoot(state.chain, turn));
    return { header: { ...turn, mixer, ...batchRoots(contentsOf(attestations)), reveal }, attestations };
  }

  /** A finished task with evidence whose request nobody signed. */
  unsigned(receipt: Receipt, { reveal: { precommitSignature, salt } }: ArtifactBundle): Attestation {
    const request = this.#requestOf(receipt);
    return ofReceipt({
      receipt,
      evidence: { request, requestSignature: new Uint8Array(64), precommitSignature, salt },
    });
  }

  /** A late step of a task that a session asked for, named by an oracle alone: no mixer has voted. */
  late(receipt: Receipt, change: Partial<Transition> = {}): Attestation {
    const { taskId, session, requestHash, ticket, replica, kind, miner, rank, drawHeight } = receipt;
    const step = { state: taskStates.precommit, attempt: 0, oracle: 0, miner, rank };
    const roots = new SigningRoots(this.chain.identity);
    const sign = <T>(name: string, message: MessageType, type: Type<T>, value: T) =>
      this.keys.account(name).sign(roots.of(message, type, value));
    const request = this.#requestOf(receipt);
    const asked = { taskId, mixer: 0, ...step, timeMs: 0 };
    const signature = sign(names.oracle(0), messageTypes.transitionRequest, TransitionRequest, asked);
    const { state, ...rest } = step;
    return ofTransition({
      transition: { session, requestHash, ticket, replica, kind, drawHeight, step: state, ...rest, ...change },
      evidence: {
        request,
        requestSignature: sign(names.session, messageTypes.taskRequest, TaskRequest, request),
        order: { request: { request: asked, signature }, votes: [] },
      },
    });
  }

  #requestOf({ requestHash }: Receipt): TaskRequest {
    return {
      ...{ session: this.session, gateway: 0, requestHash },
      ...{ maxTokensIn: 1000, maxTokensOut: 1000, validUntilMs: Date.now() + 60_000 },
    };
  }

  /** The artifact its mixer keeps for the auditors of a task. */
  artifact(taskId: string): ArtifactBundle | null {
    const mixer = this.task(taskId)?.row.mixer ?? 0;
    const stored = this.#store.roleStore(names.mixer(mixer)).get(`artifact/${taskId.slice(2)}`);
    return stored === undefined ? null : ArtifactBundle.deserialize(stored);
  }

  /** How many answers a miner has planted and not opened yet. */
  planted(miner: number): number {
    return [...this.#store.roleStore(names.miner(miner)).entries('plant/')].length;
  }

  /** Sends a transaction of one of the keys, whose role may be sending too; gives its code. */
  async send<Kind extends BodyKind>(name: string, kind: Kind, value: BodyValues[Kind]): Promise<string> {
    const sender = new TransactionSender({ chain: this.chain, signer: this.keys.account(name), runtime: this.runtime });
    for (;;) {
      const { code } = await sender.send(kind, value);
      if (code !== 'BAD_NONCE') return code;
    }
  }

  /** Makes keys in the key file while the network runs. */
  async makeKeys(...wanted: readonly KeyName[]): Promise<Keystore> {
    return openKeystore(join(this.#dir, keyFile), passphrase, wanted);
  }

  /** Another mixer of this network, with keys of its own. */
  mixer(mixer: number, signer: Ed25519Signer, committeeSigner: BlsSigner): RoleService {
    const { chain, network } = this;
    const runtime = runtimeOf(this.runtime, `another ${mixer}`);
    const store = this.#store.roleStore(`another ${mixer}`);
    const sender = new TransactionSender({ chain, signer, runtime });
    const submit: MixerOptions['submit'] = (batch) => sender.send('certifiedBatch', batch, { feeUnits: 0n });
    const context = { chain, network, signer, store, verifier: nativeVerifier, crypto: nativeCrypto, runtime };
    const service = new Mixer(context, { mixer, committeeSigner, submit, maxTasks: 8 });
    const prove: PresenceOptions['submit'] = (value) => sender.send('presence', value, { feeUnits: 0n });
    return new PresentRole(service, context, { kind: 'mixer', role: mixer, submit: prove });
  }

  /** Ends the network and recomputes every block of it. */
  async replay(): Promise<ReplayResult> {
    await this.built.roles.stopAll();
    await this.#engine.stop();
    clearInterval(this.#alive);
    return replay(this.#store, this.#genesis);
  }

  /** Ends the network; it can be started again in its directory. */
  async halt(): Promise<void> {
    await this.built.roles.stopAll();
    await this.#engine.stop();
    clearInterval(this.#alive);
    await this.#store.close();
  }

  async stop(): Promise<void> {
    await this.halt();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
