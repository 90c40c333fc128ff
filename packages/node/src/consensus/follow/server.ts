import { headerRoot } from '@assay/ledger';
import {
  AssayError,
  BlocksRequest,
  ChainHead,
  ChainStatus,
  headerOf,
  SnapshotHeights,
  SnapshotRequest,
  sealedBlockBytes,
  TransactionAnswer,
} from '@assay/protocol';
import type { Chain } from '@assay/roles/ports/chain';
import type { Endpoint, MessageStream } from '@assay/roles/ports/network';
import type { Runtime } from '@assay/roles/ports/runtime';
import { decoded } from '@assay/roles/ports/wire';
import type { ChainStore } from '../../store/store.ts';
import { isToVerify } from '../replay.ts';
import { type Answer, serveWithin } from './slots.ts';
import {
  answerBlocks,
  answerBytes,
  chainProtocols,
  headTopic,
  nextSoon,
  sealedBlockLimit,
  sendParcel,
  sendSoon,
  served,
  transactionsAtOnce,
} from './wire.ts';

export interface ChainServerOptions {
  readonly endpoint: Pick<Endpoint, 'handle' | 'publish'>;
  readonly chain: Chain;
  readonly store: Pick<
    ChainStore,
    'base' | 'height' | 'blockAt' | 'sealAt' | 'resultAt' | 'snapshotHeights' | 'snapshotAt'
  >;
  readonly runtime: Pick<Runtime, 'timer' | 'monotonicMs'>;
}

/** Whoever follows this node has asked so lately how far it is. */
const followedMs = 10_000;

/**
 * Gives the chain of a node to others: how far it is, its blocks with their seals, its snapshots; and takes their
 * transactions (§19.1).
 */
export class ChainServer {
  readonly #options: ChainServerOptions;
  /** States that are being sent: they stay, whatever the store lets go of meanwhile. */
  readonly #sending = new Map<number, { readonly state: Uint8Array; readers: number }>();
  readonly #unsubscribe: () => void;
  #askedMs = Number.NEGATIVE_INFINITY;

  constructor(options: ChainServerOptions) {
    this.#options = options;
    this.#handle('status', (stream) => this.#status(stream));
    this.#handle('blocks', (stream, question) => this.#blocks(stream, question));
    this.#handle('snapshots', (stream, question) => this.#snapshots(stream, question));
    this.#handle('transactions', (stream, first) => this.#transactions(stream, first));
    this.#unsubscribe = options.chain.onSealed((height) => this.#announce(height));
  }

  /** Announces nothing more; who leaves the network answers nothing more either. */
  close(): void {
    this.#unsubscribe();
  }

  #handle(name: keyof typeof chainProtocols, answer: Answer): void {
    serveWithin(served[name], this.#options.endpoint, { protocol: chainProtocols[name], answer });
  }

  #announce(height: number): void {
    const { chain, endpoint, store, runtime } = this.#options;
    if (!chain.isCurrent() || runtime.monotonicMs() - this.#askedMs > followedMs) return;
    const block = store.blockAt(height);
    if (block === null) return;
    endpoint.publish(headTopic, ChainHead.serialize({ height, headerRoot: headerRoot(headerOf(block)) }));
  }

  async #status(stream: MessageStream): Promise<void> {
    this.#askedMs = this.#options.runtime.monotonicMs();
    await stream.send(ChainStatus.serialize(this.#newest()));
    stream.close();
  }

  #newest(): ChainStatus {
    const { chain, store } = this.#options;
    const { base } = store;
    let { height } = store;
    // The newest block may wait for its seal; so may the one that the chain here began with, for good.
    while (height > base && store.sealAt(height) === null) height -= 1;
    const block = store.blockAt(height);
    const root = block === null ? chain.identity.genesisHash : headerRoot(headerOf(block));
    return { base, height, headerRoot: root, isCurrent: chain.isCurrent() };
  }

  async #blocks(stream: MessageStream, question: Uint8Array): Promise<void> {
    const { store, runtime } = this.#options;
    const { fromHeight, count } = decoded(stream, BlocksRequest, question);
    const end = fromHeight + Math.min(count, answerBlocks);
    let sentBytes = 0;
    for (let height = fromHeight; height < end && sentBytes < answerBytes; height++) {
      const [block, seal] = [store.blockAt(height), store.sealAt(height)];
      if (block === null || seal === null) break;
      const bytes = sealedBlockBytes(block, seal);
      if (bytes.length > sealedBlockLimit) throw new Error(`block ${height} is too large to be sent`);
      await sendParcel(runtime, stream, bytes, this.#isToVerify(height));
      sentBytes += bytes.length;
    }
    stream.close();
  }

  /** §19.4 A view that is damaged tells nothing, so all is to be checked. */
  #isToVerify(height: number): boolean {
    try {
      return isToVerify(this.#options.store, height);
    } catch {
      return true;
    }
  }

  async #snapshots(stream: MessageStream, question: Uint8Array): Promise<void> {
    const { height } = decoded(stream, SnapshotRequest, question);
    if (height === 0) await this.#snapshotHeights(stream);
    else await this.#snapshot(stream, height);
    stream.close();
  }

  async #snapshotHeights(stream: MessageStream): Promise<void> {
    await stream.send(SnapshotHeights.serialize({ heights: [...this.#options.store.snapshotHeights()] }));
  }

  async #snapshot(stream: MessageStream, height: number): Promise<void> {
    const { store, runtime } = this.#options;
    const block = store.blockAt(height);
    const sending = this.#sending.get(height) ?? { state: store.snapshotAt(height), readers: 0 };
    const { state } = sending;
    if (block === null || state === null) return;
    const kept = { state, readers: sending.readers + 1 };
    this.#sending.set(height, kept);
    try {
      await sendParcel(runtime, stream, sealedBlockBytes(block, store.sealAt(height)));
      await sendParcel(runtime, stream, state);
    } finally {
      this.#release(height);
    }
  }

  #release(height: number): void {
    const sending = this.#sending.get(height);
    if (sending === undefined) return;
    if (sending.readers > 1) sending.readers -= 1;
    else this.#sending.delete(height);
  }

  /** Answers in the order in which they come, as soon as each waits here or is refused. */
  async #transactions(stream: MessageStream, first: Uint8Array): Promise<void> {
    const { runtime } = this.#options;
    const waiting: Promise<void>[] = [];
    let last = Promise.resolve();
    let next: IteratorResult<Uint8Array> = { value: first };
    while (next.done !== true) {
      const answer = this.#offer(next.value);
      last = last.then(async () => sendSoon(runtime, stream, TransactionAnswer.serialize(await answer)));
      last.catch(() => {});
      waiting.push(last);
      if (waiting.length >= transactionsAtOnce) await waiting.shift();
      next = await nextSoon(runtime, stream);
    }
    await last;
    stream.close();
  }

  async #offer(transaction: Uint8Array): Promise<TransactionAnswer> {
    const { chain } = this.#options;
    try {
      return await chain.offer(transaction);
    } catch (error) {
      const code = error instanceof AssayError ? error.code : 'INTERNAL';
      return { code, height: chain.head().globals.height + 1 };
    }
  }
}
