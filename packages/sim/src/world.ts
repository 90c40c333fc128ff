import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Verifier } from '@assay/ledger';
import { EmbeddedEngine } from '@assay/node/consensus/embedded';
import type { Chain, Engine } from '@assay/node/consensus/port';
import { TransactionSender } from '@assay/node/consensus/sender';
import { apiKeyOf } from '@assay/node/crypto/signers';
import { nativeVerifier } from '@assay/node/crypto/verifier';
import type { Serving } from '@assay/node/devnet/backend';
import { type BuiltRoles, buildRoles } from '@assay/node/devnet/build-roles';
import {
  committee,
  devnetGenesis,
  keyNames,
  maxTaskUnits,
  names,
  sessionDepositUnits,
} from '@assay/node/devnet/genesis';
import { settle } from '@assay/node/devnet/settle';
import { KeyRing } from '@assay/node/keys/keyring';
import type { Keystore } from '@assay/node/keys/keystore';
import type { ApiKey } from '@assay/node/roles/gateway/index';
import { modelWorker } from '@assay/node/roles/miner/index';
import type { Runtime } from '@assay/node/runtime/port';
import { SimulatedRuntime } from '@assay/node/runtime/simulated';
import { SimulatedModel } from '@assay/node/simulated/model';
import { type EngineInfo, encodeText, equalBytes, sha256 } from '@assay/protocol';
import type { Breakable } from './faults.ts';
import { seededKeys } from './keys.ts';
import { Links } from './links.ts';
import { Machine, type Surroundings } from './machine.ts';
import { MemoryStore } from './memory-store.ts';
import { rememberingVerifier } from './remembering-verifier.ts';
import { Trace } from './trace.ts';

const info: EngineInfo = {
  ...{ name: 'simulated', build: '1', backend: 'cpu', flashAttention: false, kvType: 'f16' },
};
const fileHash = sha256(encodeText('the registered file'));
export const model = { name: 'simulated', fileHash, contextTokens: 4096, t1ThresholdPpb: 40_000_000 };
/** Time of a token, milliseconds: the least, and the most beyond it. */
const tokenMs = { least: 10, more: 20 } as const;
/** How far time goes before somebody looks whether the engine still runs, milliseconds. */
const stepMs = 1000;
/** One miner of so many can crash. */
const minersPerVictim = 10;

interface Parts extends Surroundings {
  readonly engine: Engine;
  readonly runtime: SimulatedRuntime;
  readonly network: Links;
  readonly store: MemoryStore;
  readonly keys: Keystore;
  readonly ring: KeyRing;
  readonly trace: Trace;
  readonly verifier: Verifier;
  readonly miners: number;
  readonly failed: Promise<never>;
}

/** The production roles, ledger and engine of the default network in simulated time, some of them on machines apart. */
export class World implements Breakable {
  readonly chain: Chain;
  readonly runtime: SimulatedRuntime;
  readonly trace: Trace;
  readonly built: BuiltRoles;
  readonly apiKeys: string[] = [];
  readonly miners: readonly string[];
  readonly mixer: string;
  readonly validator: string;
  readonly cut: string;
  crashes = 0;
  readonly #parts: Parts;
  readonly #accepted: ApiKey[] = [];
  readonly #machines = new Map<string, Machine>();
  /** When a role was last back; infinite while it is away. */
  readonly #backMs = new Map<string, number>();
  readonly #addresses = new Map<string, string>();

  private constructor(parts: Parts) {
    this.#parts = parts;
    this.chain = parts.chain;
    this.runtime = parts.runtime;
    this.trace = parts.trace;
    this.built = this.#build(parts);
    for (const { name, address } of this.built.roles.list()) this.#addresses.set(name, address);
    const chance = parts.runtime.random('victims');
    const mixer = chance.int(committee.mixers);
    this.mixer = names.mixer(mixer);
    this.cut = names.mixer((mixer + 1) % committee.mixers);
    this.validator = names.validator(chance.int(committee.validators));
    const victims = Math.ceil(parts.miners / minersPerVictim);
    this.miners = Array.from({ length: victims }, (_, i) => names.miner(i * minersPerVictim));
  }

  /** Nothing runs in it before `start`. */
  static async open({ seed, miners }: { readonly seed: number; readonly miners: number }): Promise<World> {
    const runtime = new SimulatedRuntime({ seed, log: (line) => trace.log(line) });
    const trace: Trace = new Trace(runtime.monotonicMs);
    const keys = seededKeys(keyNames(miners), runtime.random('keys'));
    const ring = new KeyRing(keys, async () => keys);
    const store = new MemoryStore(join(tmpdir(), `assay-sim-${seed}`), runtime.sleep);
    const verifier = rememberingVerifier(nativeVerifier);
    const failure = Promise.withResolvers<never>();
    failure.promise.catch(() => {});
    const engine = await EmbeddedEngine.open({
      ...{ store, runtime, verifier, genesis: devnetGenesis(keys, { model, miners, timeMs: runtime.nowMs() }) },
      signerOf: (publicKey) => ring.account(publicKey),
      onFatal: failure.reject,
    });
    const { chain } = engine;
    chain.onBlock(({ result, root }) => trace.block(result.height, root));
    const network = new Links(runtime);
    return new World({
      ...{ runtime, engine, chain, network, store, keys, ring },
      ...{ trace, miners, verifier, failed: failure.promise },
    });
  }

  /** Resolves when users can ask. */
  async start(): Promise<void> {
    await Promise.race([this.runtime.until(this.#start()), this.#parts.failed]);
  }

  /** Finishes the block in hand, then makes no more. */
  stop(): Promise<void> {
    return this.#parts.engine.stop();
  }

  /** Lets simulated time pass. Rejects with what ended the engine, such as a ledger that does not add up. */
  async pass(ms: number): Promise<void> {
    for (let leftMs = ms; leftMs > 0; leftMs -= stepMs) {
      await Promise.race([this.runtime.pass(Math.min(leftMs, stepMs)), this.#parts.failed]);
    }
  }

  /** Whether a role was down or cut off at any time since then, by the monotonic clock. */
  wasAwaySince(role: string, ms: number): boolean {
    return (this.#backMs.get(role) ?? 0) > ms;
  }

  crash(role: string): void {
    this.crashes += 1;
    this.#backMs.set(role, Number.POSITIVE_INFINITY);
    this.trace.line(`${role} crashes`);
    this.#machines.get(role)?.crash();
  }

  /** The role as its program would start it: nothing is left but what it had flushed. */
  async restart(role: string): Promise<void> {
    this.trace.line(`${role} starts`);
    this.#backMs.set(role, this.runtime.monotonicMs());
    const machine = new Machine(this.#parts);
    this.#machines.set(role, machine);
    await this.#build(machine).roles.set(role, true);
  }

  cutOff(role: string): void {
    this.trace.line(`${role} is cut off`);
    this.#backMs.set(role, Number.POSITIVE_INFINITY);
    this.#parts.network.cutOff(this.#addressOf(role));
  }

  heal(role: string): void {
    this.trace.line(`${role} is back`);
    this.#backMs.set(role, this.runtime.monotonicMs());
    this.#parts.network.heal(this.#addressOf(role));
  }

  breakStreams(one: string, other: string): void {
    this.trace.line(`streams of ${one} and ${other} break`);
    this.#parts.network.breakStreams(this.#addressOf(one), this.#addressOf(other));
  }

  async #start(): Promise<void> {
    const victims = [...this.miners, this.mixer, this.validator];
    for (const { name } of this.built.roles.list()) {
      if (victims.includes(name)) await this.restart(name);
      else await this.built.roles.set(name, true);
    }
    const { engine, chain, runtime, keys, miners } = this.#parts;
    engine.start();
    const terms = { evidenceLevel: 2, engineOf: () => info, depositUnits: sessionDepositUnits };
    this.#accept(await settle({ chain, keys, runtime, miners, ...terms }));
    for (let mixer = 1; mixer < committee.mixers; mixer++) this.#accept(await this.#openSession(mixer));
  }

  /** Another session of the payer, at another home mixer. */
  async #openSession(homeMixer: number): Promise<number> {
    const { chain, runtime, keys } = this.#parts;
    const sender = new TransactionSender({ chain, signer: keys.account(names.payer), runtime });
    const { code } = await sender.send('openSession', {
      sessionKey: keys.account(names.session).publicKey,
      ...{ domain: 0, model: 0, homeMixer, redundancy: 1, isBackground: false, dedicatedMiners: [] },
      ...{ sharesPrompts: homeMixer % 2 === 0, depositUnits: sessionDepositUnits, maxTaskUnits },
      expiryHeight: 1_000_000,
    });
    if (code !== 'OK') throw new Error(`The session at mixer ${homeMixer} was not opened: ${code}.`);
    return chain.head().sessions.length - 1;
  }

  #accept(session: number): void {
    const sessionSigner = this.#parts.keys.account(names.session);
    const apiKey = apiKeyOf(sessionSigner, session);
    this.#accepted.push({ hash: sha256(encodeText(apiKey)), session, sessionSigner });
    this.apiKeys.push(apiKey);
  }

  /** Every role as it is built on a machine; which of them are started there is another matter. */
  #build({ chain, network, runtime, store }: Pick<Machine, 'chain' | 'network' | 'runtime' | 'store'>): BuiltRoles {
    const { ring, miners, verifier } = this.#parts;
    const serving = servingOn(runtime);
    return buildRoles({
      ...{ chain, network, runtime, store, serving, miners, verifier },
      keys: ring,
      apiKeys: this.#accepted,
    });
  }

  #addressOf(role: string): string {
    return this.#addresses.get(role) ?? '';
  }
}

function servingOn(runtime: Runtime): Serving {
  const chance = runtime.random('tokens');
  const honest = new SimulatedModel('registered', () => runtime.sleep(tokenMs.least + chance.int(tokenMs.more)));
  return {
    ...{ model, evidenceLevel: 2, workerOf: () => modelWorker(honest, info) },
    measuring: { engine: info, open: async (hash) => (equalBytes(hash, fileHash) ? honest : null) },
    requireRegistered: () => {},
    close: async () => {},
  };
}
