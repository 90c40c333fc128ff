import { blockSigningRoot, proposerOf } from '@assay/ledger';
import { Application } from '@assay/node/consensus/application';
import { type TestChain, testChain } from '@assay/node/consensus/chain.fixture';
import {
  ChainServer,
  type ChainServerOptions,
  FollowEngine,
  type FollowOptions,
} from '@assay/node/consensus/follow/index';
import { nativeVerifier } from '@assay/node/crypto/verifier';
import { peerSigner } from '@assay/node/network/peer.fixture';
import { newDirectory } from '@assay/node/store/directory.fixture';
import type { AssayError, BlockHeader, Seal } from '@assay/protocol';
import type { CommittedBlock } from '@assay/roles/ports/chain';
import type { Endpoint, PeerId } from '@assay/roles/ports/network';
import { SimulatedRuntime } from '@assay/roles/simulated/runtime';
import { onTestFinished } from 'vitest';
import { Links, nextDoor } from '../src/links.ts';
import { MemoryStore } from '../src/memory-store.ts';

const blockMs = 500;

export interface FollowerOptions extends Partial<FollowOptions> {
  readonly peers: () => readonly PeerId[];
  readonly store?: MemoryStore;
  readonly name?: string;
}

export interface Follower {
  readonly engine: FollowEngine;
  readonly store: MemoryStore;
  readonly endpoint: Endpoint;
  /** Codes of what ended it, and when the first of them is there. */
  readonly fatal: string[];
  readonly ended: Promise<void>;
  readonly close: () => Promise<void>;
}

/** One chain, whose blocks a test makes by hand or every half second, and nodes that serve or follow it. */
export class Following {
  readonly runtime: SimulatedRuntime;
  readonly network: Links;
  readonly chain: TestChain;
  readonly lines: string[] = [];
  readonly store: MemoryStore;
  readonly application: Application;
  #isMaking = false;

  private constructor(parts: Pick<Following, 'runtime' | 'network' | 'chain' | 'store' | 'application' | 'lines'>) {
    this.runtime = parts.runtime;
    this.network = parts.network;
    this.chain = parts.chain;
    this.store = parts.store;
    this.application = parts.application;
    this.lines = parts.lines;
  }

  static async open(options: Parameters<typeof testChain>[0] = {}): Promise<Following> {
    const lines: string[] = [];
    const runtime = new SimulatedRuntime({ seed: 1, log: (line) => lines.push(line) });
    const chain = testChain({ blockTimeMs: blockMs, ...options });
    const store = new MemoryStore(await newDirectory(), runtime.sleep);
    const onFatal = (error: AssayError) => {
      throw error;
    };
    const { genesis } = chain;
    const application = await Application.restore({ store, genesis, onFatal, verifier: nativeVerifier });
    return new Following({ runtime, network: new Links(runtime, nextDoor), chain, store, application, lines });
  }

  /** Makes the next block of what waits, or of what is given, with the seal of all validators. */
  async block(transactions?: Uint8Array[]): Promise<CommittedBlock> {
    await this.application.admitted();
    const header = this.apply(transactions);
    return this.runtime.until(this.application.commit(this.sealOf(header)));
  }

  apply(transactions = this.application.propose()): BlockHeader {
    const { height, timeMs } = this.application.head().globals;
    return this.application.apply({
      height: height + 1,
      timeMs: Math.max(this.runtime.nowMs(), timeMs + 1),
      transactions,
    });
  }

  /** Signed by all three validators, or some of them. */
  sealOf(header: BlockHeader, who: readonly number[] = [0, 1, 2]): Seal {
    const root = blockSigningRoot(this.chain.identity, header);
    const signed = this.chain.sealers.map((signer, validator) => ({ validator, signature: signer.sign(root) }));
    const signatures = signed.filter(({ validator }) => who.includes(validator));
    const [first] = signatures;
    const proposer = first === undefined ? 0 : proposerOf(this.application.head(), signatures, header.height);
    return { kind: 'embedded', value: { proposer, signatures } };
  }

  async blocks(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.block();
  }

  /** From now on a block is made every half second. */
  make(): void {
    this.#isMaking = true;
    const next = async () => {
      if (!this.#isMaking) return;
      await this.application.admitted();
      await this.application.commit(this.sealOf(this.apply()));
      this.runtime.timer(blockMs, next);
    };
    this.runtime.timer(blockMs, next);
    onTestFinished(() => this.rest());
  }

  /** No more blocks are made. */
  rest(): void {
    this.#isMaking = false;
  }

  /** A node that serves the chain, or what a test makes of its store; gives its name in the network. */
  async node(name: string, change: Partial<ChainServerOptions['store']> = {}): Promise<PeerId> {
    const endpoint = await this.network.join(peerSigner(name));
    const { store } = this;
    const served: ChainServerOptions['store'] = {
      get base() {
        return store.base;
      },
      get height() {
        return store.height;
      },
      blockAt: (height) => store.blockAt(height),
      sealAt: (height) => store.sealAt(height),
      resultAt: (height) => store.resultAt(height),
      snapshotHeights: () => store.snapshotHeights(),
      snapshotAt: (height) => store.snapshotAt(height),
      ...change,
    };
    new ChainServer({ endpoint, chain: this.application, store: served, runtime: this.runtime });
    return endpoint.id;
  }

  async follower({ name = 'follower', ...options }: FollowerOptions): Promise<Follower> {
    const store = options.store ?? new MemoryStore(await newDirectory(), this.runtime.sleep);
    const endpoint = await this.network.join(peerSigner(name));
    const fatal: string[] = [];
    const ended = Promise.withResolvers<void>();
    const opened = FollowEngine.open({
      genesis: this.chain.genesis,
      endpoint,
      runtime: this.runtime,
      verifier: nativeVerifier,
      onFatal: ({ code }) => {
        fatal.push(code);
        ended.resolve();
      },
      ...options,
      store,
    });
    const engine = await this.runtime.until(opened);
    engine.start();
    const close = async () => {
      endpoint.leave();
      await this.runtime.until(engine.stop());
    };
    onTestFinished(close);
    return { engine, store, endpoint, fatal, ended: ended.promise, close };
  }

  /** Time passes until the follower has the height; an Error when that takes a minute. */
  async reaches({ engine }: Pick<Follower, 'engine'>, height: number): Promise<void> {
    for (let seconds = 0; seconds < 60; seconds++) {
      if (engine.chain.head().globals.height >= height) return;
      await this.runtime.pass(1000);
    }
    throw new Error(`it stands at ${engine.chain.head().globals.height}, not ${height}: ${this.lines.join('; ')}`);
  }

  /** Whether the follower has every block and seal that the chain has, to the byte, up to its height. */
  isSame({ store }: Pick<Follower, 'store'>): boolean {
    const isSame = (a: Uint8Array | null, b: Uint8Array | null) =>
      Buffer.compare(a ?? Buffer.of(), b ?? Buffer.of()) === 0;
    return Array.from({ length: store.height - store.base }, (_, i) => store.base + 1 + i).every(
      (height) =>
        isSame(store.blockAt(height), this.store.blockAt(height)) &&
        isSame(store.sealAt(height), this.store.sealAt(height)),
    );
  }
}
