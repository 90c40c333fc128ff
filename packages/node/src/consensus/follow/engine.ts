import { requireFits, type Verifier } from '@assay/ledger';
import { AssayError, ChainHead } from '@assay/protocol';
import type { Chain, Engine } from '@assay/roles/ports/chain';
import type { Endpoint, PeerId } from '@assay/roles/ports/network';
import type { Runtime } from '@assay/roles/ports/runtime';
import { heard } from '@assay/roles/ports/wire';
import { nativeVerifier } from '../../crypto/verifier.ts';
import { Application, type ApplicationOptions } from '../application.ts';
import { beginAtTrusted, type TrustedBlock } from './begin.ts';
import { type Asking, askBlocks, askStatus, type OfferedBlock } from './client.ts';
import { Forwarder } from './forwarder.ts';
import { PeerBook, type PeerRecord } from './peers.ts';
import { Wake } from './wake.ts';
import { answerBlocks, headTopic, PeerFault } from './wire.ts';

export interface FollowOptions extends Omit<ApplicationOptions, 'onWaiting'> {
  readonly endpoint: Pick<Endpoint, 'id' | 'open' | 'subscribe'>;
  /** The nodes to follow, by their peer keys, as they are at any moment; itself is left out, the first 64 count. */
  readonly peers: () => readonly PeerId[];
  readonly runtime: Pick<Runtime, 'nowMs' | 'monotonicMs' | 'timer' | 'sleep' | 'log'>;
  /** What an empty store begins with, in place of the genesis. */
  readonly trusted?: TrustedBlock;
  /** Checks every signature that the validators of a block have checked (§19.4). */
  readonly verifyAll?: boolean;
}

/** How far a chain is behind what the nodes that it follows say. */
export interface Lag {
  readonly blocks: number;
  /** Age of the last block by this machine's clock, seconds. */
  readonly seconds: number;
}

/** What a follower says of itself. */
export interface FollowStatus {
  readonly lag: Lag;
  readonly peers: readonly PeerRecord[];
  /** Transactions on their way to a full node. */
  readonly forwarding: number;
}

/** All are asked so often how far they are, whatever is announced. */
const askMs = 2000;
/** And no sooner than that, whatever strangers announce. */
const leastAskMs = 250;
/** Who has heard nobody for so long does not know whether it is current. */
const unheardMs = 10_000;
/** Who takes longer for an answer, with so much for each block, keeps a follower from what others have meanwhile. */
const slowMs = { answer: 1000, block: 100 } as const;
/** Who was current stays so up to so many blocks behind. */
const fewBlocks = 4;

/** Takes the blocks that others agreed on, each checked by its seal, and hands transactions on to them (§19.3). */
export class FollowEngine implements Engine {
  readonly #application: Application;
  readonly #options: FollowOptions;
  readonly #verifier: Verifier;
  readonly #book: PeerBook;
  readonly #asking: Asking;
  readonly #forwarder: Forwarder;
  readonly #leaving: AbortController;
  readonly #wake: Wake;
  readonly #askAgain: Wake;
  #running: Promise<unknown> | null = null;
  #hasAsked = false;

  private constructor(
    application: Application,
    options: FollowOptions,
    parts: { book: PeerBook; asking: Asking; leaving: AbortController; forwarder: Forwarder },
  ) {
    this.#application = application;
    this.#options = options;
    this.#verifier = options.verifier ?? nativeVerifier;
    this.#book = parts.book;
    this.#asking = parts.asking;
    this.#leaving = parts.leaving;
    this.#forwarder = parts.forwarder;
    this.#wake = new Wake(options.runtime);
    this.#askAgain = new Wake(options.runtime);
    application.setCurrent(false);
    application.onBlock(() => this.#forwarder.onBlock());
    options.endpoint.subscribe(headTopic, (message, from) => this.#hear(heard(message, ChainHead), from));
  }

  /**
   * Stands after the last block of the store; an empty one begins with the trusted block, or the genesis. Rejects as
   * `Application.restore` does, and with AssayError SNAPSHOT_UNAVAILABLE.
   */
  static async open(options: FollowOptions): Promise<FollowEngine> {
    const { store, genesis, trusted, endpoint, runtime, peers } = options;
    const leaving = new AbortController();
    const asking = { endpoint, runtime, signal: leaving.signal };
    const book = new PeerBook(() => peers().filter((peer) => peer !== endpoint.id), runtime);
    if (trusted !== undefined && store.height === 0) {
      await beginAtTrusted({ store, genesis, trusted, book, asking, runtime });
    }
    const onWaiting = (bytes: Uint8Array) => forwarder.add(bytes);
    const application = await Application.restore({ ...options, onWaiting });
    const forwarder = new Forwarder({ chain: application, peers: book, asking, runtime });
    return new FollowEngine(application, options, { book, asking, leaving, forwarder });
  }

  get chain(): Chain {
    return this.#application;
  }

  start(): void {
    if (this.#running !== null || this.#application.ended !== null) return;
    this.#running = Promise.all([this.#ask(), this.#follow(), this.#forwarder.run()]);
  }

  async stop(): Promise<void> {
    this.#application.end(new AssayError('NODE_STOPPED'));
    this.#leave();
    await this.#running;
  }

  status(): FollowStatus {
    return { lag: this.lag(), peers: this.#book.all(), forwarding: this.#forwarder.size };
  }

  lag(): Lag {
    const { height, timeMs } = this.#application.head().globals;
    const ageMs = Math.max(0, this.#options.runtime.nowMs() - timeMs);
    const tip = this.#book.newest(height)?.tip ?? 0;
    return { blocks: Math.max(0, tip - height), seconds: Math.floor(ageMs / 1000) };
  }

  get #height(): number {
    return this.#application.head().globals.height;
  }

  #leave(): void {
    this.#leaving.abort(new AssayError('NODE_STOPPED'));
    this.#wake.call();
    this.#askAgain.call();
  }

  /** An announcement wakes; only those who are followed are believed, until they are asked for what they say. */
  #hear({ height }: ChainHead, from: PeerId): void {
    if (height <= this.#height) return;
    if (this.#book.isNamed(from)) {
      this.#book.announced(from, height);
      this.#wake.call();
    } else this.#askAgain.call();
  }

  /** Asks all nodes how far they are, again and again. */
  async #ask(): Promise<void> {
    const { signal } = this.#leaving;
    while (!signal.aborted) {
      await Promise.all(this.#book.usable().map(({ peer }) => this.#askOne(peer)));
      this.#hasAsked = true;
      this.#judge();
      this.#wake.call();
      await this.#pause(leastAskMs);
      await this.#askAgain.wait(askMs - leastAskMs);
    }
  }

  async #pause(ms: number): Promise<void> {
    await this.#options.runtime.sleep(ms, this.#leaving.signal).catch(() => {});
  }

  async #askOne(peer: PeerId): Promise<void> {
    await this.#with(peer, 'silent', async () => {
      const status = await askStatus(this.#asking, peer);
      if (status === null) throw new Error('it closed without an answer');
      this.#book.heard(peer, status);
      this.#wake.call();
    });
  }

  async #follow(): Promise<void> {
    const { signal } = this.#leaving;
    while (!signal.aborted) {
      const record = this.#book.next(this.#height);
      if (record === null) await this.#wake.wait(askMs);
      else await this.#with(record.peer, 'failed', () => this.#takeFrom(record));
      this.#judge();
    }
  }

  async #takeFrom({ peer, height }: PeerRecord): Promise<void> {
    const { runtime } = this.#options;
    const [before, sinceMs] = [this.#height, runtime.monotonicMs()];
    const request = { fromHeight: before + 1, count: answerBlocks };
    try {
      const count = await askBlocks(this.#asking, peer, request, (offered) => this.#take(peer, offered));
      if (count === 0) throw new Error('it has not the block that it says it has');
    } catch (error) {
      // Who gave some of them has them: that the rest came too slowly may be for this machine, which is busy.
      if (error instanceof PeerFault || this.#height === before) throw error;
    }
    const isWhole = this.#height >= Math.min(height, before + answerBlocks);
    const mostMs = slowMs.answer + slowMs.block * (this.#height - before);
    if (isWhole && runtime.monotonicMs() - sinceMs <= mostMs) this.#book.served(peer);
    else this.#book.servedBadly(peer);
  }

  /** §19.3 Everything that can be asked of a block is asked before it is applied. Whether this peer may give more. */
  async #take(peer: PeerId, { sealed, isToVerify }: OfferedBlock): Promise<boolean> {
    const application = this.#application;
    const [height, state, verifier] = [this.#height + 1, application.head(), this.#verifier];
    try {
      const before = { state, headRoot: application.headRoot };
      requireFits(before, sealed, height, { verifier, quorum: 'twoThirds', newest: Number.POSITIVE_INFINITY });
    } catch (cause) {
      throw new PeerFault(cause instanceof AssayError ? cause.detail : String(cause), { cause });
    }
    if (application.ended !== null) throw application.ended;
    let isMisled = false;
    try {
      isMisled = await this.#apply(sealed, isToVerify);
      await application.commit(sealed.seal);
    } catch (error) {
      this.#leave();
      throw await application.halt(error);
    }
    this.#judge();
    if (isMisled) this.#book.faulty(peer, `it hid that block ${height} rests on a signature that does not hold`);
    return !isMisled && !this.#leaving.signal.aborted;
  }

  /** Whether the block was applied only after its signatures were checked, though the peer had said they hold. */
  async #apply({ block }: OfferedBlock['sealed'], isToVerify: boolean): Promise<boolean> {
    const isTrusted = !isToVerify && this.#options.verifyAll !== true;
    try {
      this.#application.applySealed(block, { isTrusted });
      return false;
    } catch (error) {
      if (!isTrusted) throw error;
    }
    // §19.4
    await this.#application.rewind();
    this.#application.applySealed(block, { isTrusted: false });
    return true;
  }

  /** Whether the chain is as far as those say that are followed. */
  #judge(): void {
    const newest = this.#book.newest(this.#height);
    const isHeard = newest !== null && this.#options.runtime.monotonicMs() - newest.heardMs <= unheardMs;
    const behind = (newest?.tip ?? 0) - this.#height;
    if (!isHeard || behind > fewBlocks) this.#application.setCurrent(false);
    else if (this.#hasAsked && behind <= 0) this.#application.setCurrent(true);
  }

  /** What a peer did wrong is between the two: work with it ends, and it is left alone for a while. */
  async #with(peer: PeerId, otherwise: 'silent' | 'failed', work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#leaving.signal.aborted) return;
      if (error instanceof PeerFault) this.#book.faulty(peer, error.message);
      else this.#book[otherwise](peer);
    }
  }
}
