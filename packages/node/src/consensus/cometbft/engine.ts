import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { AssayError, cometChainId } from '@assay/protocol';
import type { Chain, Engine } from '@assay/roles/ports/chain';
import type { Cancel, Runtime } from '@assay/roles/ports/runtime';
import { diskFailure, hasRoom } from '../../store/failures.ts';
import type { ChainStore, Store } from '../../store/store.ts';
import { Application, type ApplicationOptions } from '../application.ts';
import { requestShape, responseShape } from './abci.ts';
import { AbciApplication } from './abci-application.ts';
import { BlockDriver } from './block-driver.ts';
import { CatchingUp } from './catching-up.ts';
import { CometProcess } from './comet-process.ts';
import { askComet, cometAnswer } from './comet-rpc.ts';
import { ConnectionNotices } from './connection-notices.ts';
import { doubleVotesIn } from './double-votes.ts';
import { answerFrames } from './frames-socket.ts';
import { Gossip } from './gossip.ts';
import { type CometNetwork, type CometSockets, writeHome } from './home.ts';
import { LastSigned, lastSignedFile } from './last-signed.ts';
import { type LightQuestion, LightService, type LightSource, pathOf } from './light-service.ts';
import { defaultEvidenceAge, type EvidenceAge, Retention } from './retention.ts';
import { SealCollector } from './seal-collector.ts';
import { RemoteSigner } from './signer.ts';
import { SnapshotSink, type SnapshotSinkOptions, SnapshotSource } from './snapshots.ts';
import { makeSockets, removeSockets } from './sockets.ts';
import { type HeldKeys, ValidatorKeys } from './validator-keys.ts';
import { decode, encode } from './wire.ts';

const maxFrameBytes = 16 * 1024 * 1024;
/** Snapshots at the same heights everywhere, so that a new node fetches one from several nodes. */
const snapshotBlocks = 1000;
/** How often CometBFT is asked how far it is: while it is behind, roles wait for the answer. */
const statusMs = { behind: 200, current: 1000 } as const;

export interface CometOptions extends Omit<ApplicationOptions, 'onWaiting'> {
  readonly store: ChainStore & Pick<Store, 'begin'>;
  /** CometBFT's own directory, of this chain and node alone. */
  readonly home: string;
  /** As `findCometBft` gives it. */
  readonly binary: string;
  /** 32 secret bytes: this node's key among its like. */
  readonly nodeSeed: Uint8Array;
  readonly network: CometNetwork;
  /** Null for a node that makes no blocks. */
  readonly keys: HeldKeys | null;
  readonly runtime: Pick<Runtime, 'monotonicMs' | 'timer' | 'log'>;
  /** Two days and 100,000 blocks when absent; the same at all nodes of a network. */
  readonly evidenceAge?: EvidenceAge;
  /** What a person who waits for the chain should hear. */
  readonly onNotice?: (line: string) => void;
}

interface EngineParts {
  readonly application: Application;
  readonly options: CometOptions;
  readonly gossip: Gossip;
  readonly keys: ValidatorKeys | null;
  readonly sockets: CometSockets;
}

/** Has CometBFT decide, with other nodes, which block comes next; runs it as a child of this process. */
export class CometEngine implements Engine {
  readonly #application: Application;
  readonly #options: CometOptions;
  readonly #abci: AbciApplication;
  readonly #sockets: CometSockets;
  readonly #process: CometProcess;
  readonly #signer: RemoteSigner | null;
  readonly #seals: SealCollector;
  readonly #catchingUp: CatchingUp;
  readonly #notices: ConnectionNotices;
  readonly #connections = new Set<Socket>();
  #server: Server | null = null;
  #light: readonly LightService[] = [];
  #cancel: Cancel | null = null;
  #isStopping = false;
  #inHand: Promise<unknown> = Promise.resolve();

  private constructor({ application, options, gossip, keys, sockets }: EngineParts) {
    const { genesis, runtime, store, binary, home, evidenceAge = defaultEvidenceAge } = options;
    this.#application = application;
    this.#options = options;
    this.#sockets = sockets;
    const commitAt = (height: number) => askComet(sockets.rpc, `/commit?height=${height}`);
    const seals = new SealCollector({ application, base: () => store.base, commitAt, runtime });
    this.#seals = seals;
    const follow = async () => {
      // §2.1.1 No more than two blocks are without a seal.
      await seals.settled();
      await keys?.follow(application.head());
      seals.follow();
    };
    const onMisbehavior = (height: number) => void this.#readMisbehavior(height);
    const blocks = new BlockDriver({ application, runtime, onCommit: follow, onMisbehavior });
    const begin: SnapshotSinkOptions['begin'] = async (block, state) => {
      await application.begin(block, state, store);
      await follow();
    };
    const retention = new Retention({ store, evidenceAge, unsealed: () => seals.next });
    const source = new SnapshotSource(store, { keptFrom: () => retention.keptFrom });
    const sink = new SnapshotSink({ begin, log: runtime.log });
    this.#abci = new AbciApplication({ application, genesis, blocks, gossip, retention, source, sink });
    const listening = [sockets.rpc, ...(sockets.signer === null ? [] : [sockets.signer])];
    const onFatal = (error: AssayError) => void this.#fail(error);
    const onNotice = (line: string) => {
      runtime.log(line);
      options.onNotice?.(line);
    };
    this.#process = new CometProcess({ binary, home, sockets: listening, runtime, onNotice, onFatal });
    this.#notices = new ConnectionNotices(options.network.peers, onNotice);
    const chainId = cometChainId(application.identity);
    const height = () => application.head().globals.height;
    const nextHeight = () => height() + 1;
    this.#signer = keys === null ? null : new RemoteSigner({ chainId, keys, nextHeight, runtime, onFatal });
    const ask = (path: string) => askComet(sockets.rpc, path);
    this.#catchingUp = new CatchingUp({ ask, height, runtime: { ...runtime, log: onNotice } });
  }

  /**
   * Restores the chain and writes CometBFT's home. Throws what `Application.restore` and `LastSigned.open` throw, and
   * AssayError DISK_FULL or DISK_FAILED when its directories cannot be written.
   */
  static async open(options: CometOptions): Promise<CometEngine> {
    const { home, genesis, nodeSeed, network, keys: held, evidenceAge = defaultEvidenceAge } = options;
    const gossip = new Gossip();
    const application = await Application.restore({
      snapshotEvery: snapshotBlocks,
      ...options,
      onWaiting: (transaction) => gossip.add(transaction),
    });
    application.setCurrent(false);
    const { identity } = application;
    const inHome = (error: unknown) => {
      throw diskFailure(home, error);
    };
    const sockets = await makeSockets(home, held !== null).catch(inHome);
    await writeHome({ dir: home, genesis, identity, nodeSeed, network, sockets, evidenceAge }).catch(inHome);
    const head = application.head();
    const lastSigned = join(home, lastSignedFile);
    const keys = held === null ? null : new ValidatorKeys(held, LastSigned.open(lastSigned, head.globals.height));
    await keys?.follow(head);
    const engine = new CometEngine({ application, options, gossip, keys, sockets });
    await engine.#listen();
    return engine;
  }

  get chain(): Chain {
    return this.#application;
  }

  /** What its CometBFT says to light clients. */
  readonly light: LightSource = (question) => cometAnswer(this.#sockets.rpc, pathOf(question));

  /** CometBFT's process; null while it does not run. */
  get pid(): number | null {
    return this.#process.pid;
  }

  start(): void {
    if (this.#cancel !== null || this.#application.ended !== null) return;
    this.#process.start();
    if (this.#sockets.signer !== null) this.#signer?.dial(this.#sockets.signer);
    this.#watch();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#cancel?.();
    await this.#process.stop();
    await this.#signer?.close();
    await this.#inHand;
    this.#application.end(new AssayError('NODE_STOPPED'));
    await this.#seals.settled();
    for (const socket of this.#connections) socket.destroy();
    this.#server?.close();
    for (const service of this.#light) service.close();
    await removeSockets(this.#sockets);
  }

  async #listen(): Promise<void> {
    const server = createServer((socket) => {
      this.#connections.add(socket);
      socket.once('close', () => this.#connections.delete(socket));
      answerFrames(socket, {
        maxBytes: maxFrameBytes,
        onFault: (fault) => this.#options.runtime.log(`a connection of CometBFT was closed: ${String(fault)}`),
        answer: (message) => this.#answer(message),
      });
    });
    this.#server = server;
    await once(server.listen(this.#sockets.abci), 'listening');
    const { sources = [] } = this.#options.network.trusted ?? {};
    const { light } = this.#sockets;
    // §18.9 Each start asks others.
    const again = (source: LightSource) => (question: LightQuestion) => source(question, this.#process.starts - 1);
    this.#light = await Promise.all(
      sources.map((source, index) => LightService.open(light[index] ?? '', again(source))),
    );
  }

  async #answer(message: Uint8Array): Promise<Uint8Array> {
    if (this.#application.ended !== null) throw this.#application.ended;
    const request = decode(requestShape, message);
    const isBlock = request.finalizeBlock !== null || request.commit !== null;
    const response = this.#abci.answer(request);
    if (isBlock) this.#inHand = response.catch(() => {});
    try {
      return encode(responseShape, await response);
    } catch (error) {
      // What fails on the way to a block ends the chain here; anything else ends a connection.
      if (isBlock) await this.#fail(error);
      throw error;
    }
  }

  async #fail(error: unknown): Promise<void> {
    this.#cancel?.();
    await this.#application.halt(error);
    void this.#process.stop();
  }

  /** §7.4.6 CometBFT says of a double vote whose it is; the votes themselves are in its block. */
  async #readMisbehavior(height: number): Promise<void> {
    const application = this.#application;
    try {
      const block = await askComet(this.#sockets.rpc, `/block?height=${height}`);
      for (const value of doubleVotesIn(block, application.head())) application.noticed({ kind: 'doubleVote', value });
    } catch (error) {
      this.#options.runtime.log(`what CometBFT found in block ${height} cannot be read: ${String(error)}`);
    }
  }

  /** Looks now and then whether it is as far as its like, and when it stands still whether its disk is why. */
  #watch(): void {
    const { runtime, home } = this.#options;
    const waitMs = this.#application.isCurrent() ? statusMs.current : statusMs.behind;
    this.#cancel = runtime.timer(waitMs, async () => {
      const isCurrent = await this.#catchingUp.look();
      const connections = await connectionsOf(this.#sockets.rpc);
      if (this.#isStopping || this.#application.ended !== null) return;
      this.#application.setCurrent(isCurrent);
      this.#notices.see(connections, runtime.monotonicMs());
      if (this.#catchingUp.stands && !hasRoom(home)) return this.#fail(new AssayError('DISK_FULL', home));
      this.#watch();
    });
  }
}

/** How many others it is connected with; null when it does not say. */
async function connectionsOf(rpc: string): Promise<number | null> {
  try {
    const found = (await askComet(rpc, '/net_info')) as { readonly n_peers?: string };
    return Number(found.n_peers ?? 0);
  } catch {
    return null;
  }
}
