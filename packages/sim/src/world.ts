import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedEngine } from '@assay/node/consensus/embedded';
import { type ReplayResult, replay } from '@assay/node/consensus/replay';
import { TransactionSender } from '@assay/node/consensus/sender';
import { nativeCrypto } from '@assay/node/crypto/role-crypto';
import { apiKeyOf } from '@assay/node/crypto/signers';
import { nativeVerifier } from '@assay/node/crypto/verifier';
import {
  committee,
  concurrency,
  devnetGenesis,
  devnetRoles,
  type GenesisOptions,
  keyNames,
  maxTaskUnits,
  names,
  sessionDepositUnits,
} from '@assay/node/devnet/genesis';
import { provision } from '@assay/node/devnet/provision';
import { type Attack, type BuiltRoles, buildRoles, drawTablesOf } from '@assay/node/host/build-roles';
import { followKeys } from '@assay/node/host/follow-keys';
import { KeyRing } from '@assay/node/keys/keyring';
import type { KeyName, Keystore } from '@assay/node/keys/keystore';
import { type BodyKind, type BodyValues, type Genesis, Hardware, type Ref } from '@assay/protocol';
import type { AccountSigner, RoleContext } from '@assay/roles/context';
import { type ApiKey, type ApiKeys, type Gateway, hashOfApiKey } from '@assay/roles/gateway/index';
import type { Chain, Inclusion } from '@assay/roles/ports/chain';
import type { InferenceRequest } from '@assay/roles/ports/chat';
import { peerIdOf } from '@assay/roles/ports/network';
import { runtimeOf } from '@assay/roles/ports/runtime';
import { SimulatedRuntime } from '@assay/roles/simulated/runtime';
import { fromHex } from '@assay/ssz';
import { SeededKeys } from './keys.ts';
import { KnownSignatures } from './known-signatures.ts';
import { Links, type Ways } from './links.ts';
import type { Surroundings } from './machine.ts';
import { MemoryStore } from './memory-store.ts';
import { model, type ServingOptions, servingOn } from './serving.ts';
import { Trace } from './trace.ts';
import type { WorldStore } from './world-store.ts';

/** How far time goes before somebody looks whether the engine still runs, milliseconds. */
const stepMs = 1000;
/** Transactions of one account on their way to a block. */
const sessionsAtOnce = 16;

export interface WorldOptions extends ServingOptions, Pick<GenesisOptions, 'profiles'> {
  /** Decides every random value. */
  readonly seed: number;
  /** Decides the keys, in place of `seed`: worlds of one genesis may have chances of their own. */
  readonly keySeed?: number;
  readonly miners: number;
  /** As many as the default network has when absent. */
  readonly mixers?: number;
  readonly params?: Partial<Genesis['params']>;
  readonly ways?: Ways;
  /** What the payer's session holds. */
  readonly depositUnits?: bigint;
  /** Who does not act as they should. */
  readonly attack?: Attack;
  /** Of how many answers that may be planted miners plant one, on average; the usual number when absent. */
  readonly plantsOneIn?: number;
  /** Where the chain lies and what roles remember; in memory when absent. */
  readonly storeOf?: (genesis: Genesis, runtime: SimulatedRuntime) => Promise<WorldStore>;
  /** The API keys that the gateway takes; when absent the first of every session that is opened here. */
  readonly apiKeysOf?: (parts: { readonly chain: Chain; readonly ring: KeyRing }) => ApiKeys;
  /** A world that has ended, whose chain, keys and time go on in this one. */
  readonly after?: World;
}

interface Parts extends Surroundings {
  readonly options: WorldOptions;
  readonly genesis: Genesis;
  readonly runtime: SimulatedRuntime;
  readonly network: Links;
  readonly engine: EmbeddedEngine;
  readonly store: WorldStore;
  readonly seeded: SeededKeys;
  readonly ring: KeyRing;
  readonly trace: Trace;
  readonly verifier: KnownSignatures;
  readonly failure: PromiseWithResolvers<never>;
}

/** The production roles, ledger and engine of the default network in simulated time. */
export class World implements Surroundings {
  readonly chain: Chain;
  readonly runtime: SimulatedRuntime;
  readonly network: Links;
  readonly store: WorldStore;
  readonly trace: Trace;
  readonly built: BuiltRoles;
  readonly #parts: Parts;
  readonly #accepted = new Map<string, ApiKey>();
  readonly #apiKeys: ApiKeys;
  readonly #ended = Promise.withResolvers<void>();
  #session = 0;
  #apiKey = '';

  private constructor(parts: Parts) {
    this.#parts = parts;
    this.chain = parts.chain;
    this.runtime = parts.runtime;
    this.network = parts.network;
    this.store = parts.store;
    this.trace = parts.trace;
    this.#apiKeys = parts.options.apiKeysOf?.(parts) ?? this.#accepted;
    this.built = this.build(parts);
    followKeys(parts.chain, parts.ring, this.built.roles, parts.runtime.log);
  }

  /** Nothing runs in it before `start`. */
  static async open(options: WorldOptions): Promise<World> {
    const { seed, keySeed = seed, miners, mixers = committee.mixers, params, profiles = [], storeOf, after } = options;
    const before = after === undefined ? null : after.#parts;
    const runtime = before?.runtime ?? new SimulatedRuntime({ seed, log: (line) => trace.log(line) });
    const trace: Trace = before?.trace ?? new Trace(runtime.monotonicMs);
    const verifier = before?.verifier ?? new KnownSignatures(nativeVerifier);
    const keyChance = new SimulatedRuntime({ seed: keySeed }).random('keys');
    const seeded = before?.seeded ?? new SeededKeys(keyChance, verifier);
    if (before === null) seeded.make(keyNames(miners, mixers));
    const ring = new KeyRing(seeded.all, async () => seeded.all);
    const plain = devnetGenesis(seeded.all, { model, miners, mixers, timeMs: runtime.nowMs(), profiles });
    const genesis = before?.genesis ?? { ...plain, params: { ...plain.params, ...params } };
    const inMemory = () => new MemoryStore(join(tmpdir(), `assay-sim-${seed}`), runtime.sleep);
    const store = before?.store ?? (await storeOf?.(genesis, runtime)) ?? inMemory();
    const failure = Promise.withResolvers<never>();
    failure.promise.catch(() => {});
    const engine = await EmbeddedEngine.open({
      store,
      runtime,
      verifier,
      genesis,
      signerOf: (publicKey) => ring.account(publicKey),
      onFatal: failure.reject,
    });
    const { chain } = engine;
    await runtime.pass(Math.max(0, chain.head().globals.timeMs - runtime.nowMs()));
    chain.onBlock(({ result, root }) => trace.block(result.height, root));
    const network = new Links(runtime, options.ways);
    return new World({
      options,
      genesis,
      runtime,
      engine,
      chain,
      network,
      store,
      seeded,
      ring,
      trace,
      verifier,
      failure,
    });
  }

  /** Resolves when users can ask. `startRole`: how each role is started, when not as one of `built`. */
  async start(startRole?: (name: string) => Promise<unknown>): Promise<void> {
    await this.#unlessFailed(
      this.runtime.until(this.#start(startRole ?? ((name) => this.built.roles.set(name, true)))),
    );
  }

  /** From now on time passes by itself, as fast as all is done that there is to do. */
  live(): void {
    this.runtime.until(this.#ended.promise).catch(this.#parts.failure.reject);
  }

  /** Finishes the block in hand, then makes no more. */
  stop(): Promise<void> {
    return this.#parts.engine.stop();
  }

  /** Lets simulated time pass. Rejects with what ended the engine, such as a ledger that does not add up. */
  async pass(ms: number): Promise<void> {
    for (let leftMs = ms; leftMs > 0; leftMs -= stepMs) {
      await this.#unlessFailed(this.runtime.pass(Math.min(leftMs, stepMs)));
    }
  }

  /** Resolves after the first block for which `holds`. */
  until(holds: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = this.chain.onBlock(() => {
      if (!holds()) return;
      done();
      resolve();
    });
    return this.#unlessFailed(promise);
  }

  /** Resolves when `count` more blocks are durable. */
  blocks(count: number): Promise<void> {
    let left = count;
    return this.until(() => --left < 0);
  }

  /** Ends roles, engine and time; a world after this one can go on with what was stored. */
  async end(): Promise<void> {
    await this.#unlessFailed(this.built.roles.stopAll());
    await this.stop();
    this.#ended.resolve();
  }

  /** Ends it, and recomputes every block. */
  async replay(): Promise<ReplayResult> {
    await this.end();
    return replay(this.store, this.#parts.genesis);
  }

  /** Every role as it is built on a machine; which of them are started there is another matter. */
  build(surroundings: Surroundings): BuiltRoles {
    const { ring, verifier, options } = this.#parts;
    return buildRoles({
      ...surroundings,
      roles: devnetRoles(options.miners, options.mixers),
      drawTables: drawTablesOf(surroundings),
      concurrency,
      verifier,
      keys: ring,
      apiKeys: this.#apiKeys,
      plantsOneIn: options.plantsOneIn,
      serving: servingOn(surroundings.runtime, options),
      attack: options.attack,
    });
  }

  /** All that one more role of a name would be given. */
  contextOf(name: string, signer: AccountSigner): RoleContext {
    const { chain, network, verifier } = this.#parts;
    const runtime = runtimeOf(this.runtime, name);
    const store = this.store.roleStore(name);
    return { chain, network, verifier, crypto: nativeCrypto, signer, runtime, store };
  }

  get genesis(): Genesis {
    return this.#parts.genesis;
  }

  /** Checks signatures, and knows those that are made here. */
  get verifier(): KnownSignatures {
    return this.#parts.verifier;
  }

  /** Ends what waits for this world with an error that something in it ended with. */
  readonly fail = (error: Error): void => this.#parts.failure.reject(error);

  get gateway(): Gateway {
    const { gateway } = this.built;
    if (gateway === null) throw new Error('this world has no gateway');
    return gateway;
  }

  get keys(): Keystore {
    return this.#parts.seeded.all;
  }

  /** Makes keys as if they were written to the key file while the network runs. */
  makeKeys(wanted: readonly KeyName[]): Keystore {
    this.#parts.seeded.make(wanted);
    return this.keys;
  }

  /** The session that the payer has from the beginning. */
  get session(): number {
    return this.#session;
  }

  /** The first API key of that session. */
  get apiKey(): string {
    return this.#apiKey;
  }

  /** Opens a session of an account, and gives an API key that spends it. */
  openSession(account: string, terms: Partial<BodyValues['openSession']>): Promise<string> {
    return this.#open(this.#senderOf(account), terms);
  }

  /** Opens sessions of an account, some in each block, and gives an API key for each. */
  async openSessions(account: string, all: readonly Partial<BodyValues['openSession']>[]): Promise<string[]> {
    const sender = this.#senderOf(account);
    const apiKeys: string[] = [];
    for (let next = 0; next < all.length; next += sessionsAtOnce) {
      const some = all.slice(next, next + sessionsAtOnce);
      apiKeys.push(...(await Promise.all(some.map((terms) => this.#open(sender, terms)))));
    }
    return apiKeys;
  }

  async #open(sender: TransactionSender, terms: Partial<BodyValues['openSession']>): Promise<string> {
    const { code, events } = await this.#sendBy(sender, 'openSession', {
      sessionKey: this.keys.account(names.session).publicKey,
      domain: 0,
      model: 0,
      homeMixer: 0,
      redundancy: 1,
      isBackground: false,
      sharesPrompts: false,
      dedicatedMiners: [],
      depositUnits: sessionDepositUnits,
      maxTaskUnits,
      expiryHeight: 1_000_000,
      ...terms,
    });
    if (code !== 'OK') throw new Error(`The session was not opened: ${code}.`);
    const [session] = events.flatMap((event) => (event.type === 'sessionOpened' ? [event.session] : []));
    return this.#accept(session ?? 0);
  }

  /** Sends a transaction of one of the keys, whose role may be sending too; gives its code. */
  async send<Kind extends BodyKind>(name: string, kind: Kind, value: BodyValues[Kind]): Promise<string> {
    const { code } = await this.#sendBy(this.#senderOf(name), kind, value);
    return code;
  }

  request(change: Partial<InferenceRequest> = {}): InferenceRequest {
    return {
      model: model.name,
      messages: [{ role: 'user', content: 'hello' }],
      maxTokens: 8,
      stop: [],
      temperatureMicro: 1_000_000,
      topPMicro: 1_000_000,
      seed: 1,
      topLogprobs: null,
      ...change,
    };
  }

  /** The whole answer to a request. */
  async ask(
    change: Partial<InferenceRequest> = {},
    apiKey = this.apiKey,
    gateway = this.gateway,
  ): Promise<{ taskId: string; text: string }> {
    const { signal } = new AbortController();
    const { taskId, events } = await gateway.ask(apiKey, this.request(change), signal);
    let text = '';
    for await (const event of events) if (event.type === 'tokens') text += event.text;
    return { taskId, text };
  }

  /** Whether a task was approved or rejected. */
  isDecided(taskId: string): boolean {
    const status = this.task(taskId)?.row.status ?? 'certified';
    return status !== 'certified' && status !== 'auditing';
  }

  /** The task as the store shows it; null until it is certified. */
  task(taskId: string) {
    return this.store.task(fromHex(taskId) ?? new Uint8Array(0));
  }

  mixerPeer(mixer: Ref<'mixers'>): string {
    return peerIdOf(this.chain.head().mixers.at(mixer));
  }

  minerPeer(miner: Ref<'miners'>): string {
    return peerIdOf(this.chain.head().miners.at(miner));
  }

  async #start(startRole: (name: string) => Promise<unknown>): Promise<void> {
    for (const { name } of this.built.roles.list()) await startRole(name);
    const { engine, chain, runtime, options } = this.#parts;
    const { miners, depositUnits = sessionDepositUnits } = options;
    engine.start();
    const { workerOf } = servingOn(runtime, options);
    const hardware = Hardware.defaultValue();
    this.#session = await provision({ chain, keys: this.keys, runtime, miners, workerOf, hardware, depositUnits });
    this.#apiKey = this.#accept(this.#session);
  }

  #senderOf(name: string): TransactionSender {
    const { chain, runtime } = this;
    return new TransactionSender({ chain, signer: this.keys.account(name), runtime });
  }

  async #sendBy<Kind extends BodyKind>(
    sender: TransactionSender,
    kind: Kind,
    value: BodyValues[Kind],
  ): Promise<Inclusion> {
    for (;;) {
      const inclusion = await sender.send(kind, value);
      if (inclusion.code !== 'BAD_NONCE') return inclusion;
    }
  }

  #accept(session: Ref<'sessions'>): string {
    const sessionSigner = this.keys.account(names.session);
    const apiKey = apiKeyOf(sessionSigner, session);
    this.#accepted.set(hashOfApiKey(apiKey), { session, sessionSigner });
    return apiKey;
  }

  #unlessFailed<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#parts.failure.promise]);
  }
}
