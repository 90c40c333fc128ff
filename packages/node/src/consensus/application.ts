import { join } from 'node:path';
import {
  type BlockInput,
  type BlockResult,
  checkPossessions,
  headerRoot,
  Ledger,
  type LedgerView,
  trusting,
  unknownRule,
  type Verifier,
} from '@assay/ledger';
import {
  AssayError,
  Block,
  type BlockHeader,
  type ChainIdentity,
  type Genesis,
  headerOf,
  limits,
  type ResultCode,
  type RowProof,
  type Seal,
  type TableName,
  TransactionList,
} from '@assay/protocol';
import type { Chain, CommittedBlock, Inclusion } from '@assay/roles/ports/chain';
import { equalBytes, toHex } from '@assay/ssz';
import { nativeVerifier } from '../crypto/verifier.ts';
import type { ChainStore, Store } from '../store/store.ts';
import { crashDump } from './crash-dump.ts';
import { Listeners } from './listeners.ts';
import type { Waiting } from './mempool.ts';
import { type LoadedChain, type Progress, restoreChain, rowsOf } from './replay.ts';
import type { Source } from './signature-queue.ts';
import { SnapshotPolicy } from './snapshot-policy.ts';
import { WaitingRoom } from './waiting-room.ts';

export interface ApplicationOptions {
  readonly store: ChainStore;
  readonly genesis: Genesis;
  /** Called once when it has ended by itself: the disk or the ledger failed. */
  readonly onFatal: (error: AssayError) => void;
  readonly onProgress?: Progress;
  /** Checks signatures; when absent the native one, and on other threads those of what arrives. */
  readonly verifier?: Verifier;
  /** Told of each transaction that this node brings, once it waits for a block. */
  readonly onWaiting?: (transaction: Uint8Array) => void;
  /** A snapshot after each height that this divides; when absent as `SnapshotPolicy` has it. */
  readonly snapshotEvery?: number;
}

/** A block that was applied and is not durable yet. */
interface Applied {
  readonly header: BlockHeader;
  readonly transactions: Uint8Array[];
  readonly result: BlockResult;
}

/**
 * The one ledger of a node with its mempool and its store, for an engine to drive: it asks what to `propose`, says with
 * `apply` which block comes next, and has it made durable with `commit`; never two blocks at once. What the engine
 * decides with, a clock or other nodes, is unknown here. To all others it is the chain.
 */
export class Application implements Chain {
  readonly identity: ChainIdentity;
  #ledger: Ledger;
  readonly #store: ChainStore;
  readonly #verifier: Verifier;
  readonly #room: WaitingRoom;
  #snapshots: SnapshotPolicy;
  readonly #options: ApplicationOptions;
  readonly #blockListeners = new Listeners<CommittedBlock>();
  readonly #sealListeners = new Listeners<number>();
  /** Of the last durable height: state, its root, and the root of the header. */
  #head: LedgerView;
  #stateRoot: Uint8Array;
  #headRoot: Uint8Array;
  /** Transactions of the block in hand, and who of this node waits for each. */
  #inHand: { readonly transactions: readonly Uint8Array[]; readonly waiting: readonly (Waiting | undefined)[] };
  #applied: Applied | null = null;
  /** While the ledger is ahead of the disk; rejects with what ended it there. */
  #ahead: PromiseWithResolvers<void> | null = null;
  #ended: AssayError | null = null;
  #isCurrent = true;

  private constructor(options: ApplicationOptions, chain: LoadedChain) {
    const { store, verifier, snapshotEvery } = options;
    this.#options = options;
    this.identity = chain.ledger.state.chain;
    this.#ledger = chain.ledger;
    this.#store = store;
    this.#verifier = verifier ?? nativeVerifier;
    const ledger = () => this.#ledger;
    this.#room = new WaitingRoom({ chain: this.identity, ledger, verifier, onWaiting: options.onWaiting });
    this.#snapshots = new SnapshotPolicy(chain, snapshotEvery);
    this.#head = chain.ledger.view();
    this.#stateRoot = chain.ledger.stateRoot();
    this.#headRoot = chain.headRoot;
    this.#inHand = { transactions: [], waiting: [] };
  }

  /**
   * Stands after the last block of the store, or before the first. Throws AssayError DATA_DAMAGED when the stored
   * blocks do not lead to their roots, and an Error with a sentence when the genesis does not serve.
   */
  static async restore(options: ApplicationOptions): Promise<Application> {
    const { store, genesis, onProgress } = options;
    const problem = checkPossessions(genesis, nativeVerifier);
    if (problem !== null) throw new Error(`The genesis cannot be used: ${problem}.`);
    return new Application(options, await restoreChain(store, genesis, onProgress));
  }

  head(): LedgerView {
    return this.#head;
  }

  stateRoot(): Uint8Array {
    return this.#stateRoot;
  }

  /** Root of the last durable header; the genesis hash before the first block. */
  get headRoot(): Uint8Array {
    return this.#headRoot;
  }

  async check(transaction: Uint8Array): Promise<Pick<Inclusion, 'code' | 'height'>> {
    while (this.#ahead !== null) await this.#ahead.promise;
    const code = this.#ledger.check(transaction, this.#verifier);
    return { code, height: this.#head.globals.height + 1 };
  }

  async prove(table: TableName, indexOf: (head: LedgerView) => number | undefined): Promise<RowProof | null> {
    while (this.#ahead !== null) await this.#ahead.promise;
    const index = indexOf(this.#head);
    const found = index === undefined ? null : this.#ledger.prove(table, index);
    const block = this.#store.blockAt(this.#head.globals.height);
    if (index === undefined || found === null || block === null) return null;
    return { header: headerOf(block), table, index, ...found };
  }

  submit(transaction: Uint8Array, source: Source = 'here'): Promise<Inclusion> {
    return this.#room.submit(transaction, source);
  }

  async offer(transaction: Uint8Array): Promise<Pick<Inclusion, 'code' | 'height'>> {
    const code = await this.#room.offer(transaction);
    return { code, height: this.#head.globals.height + 1 };
  }

  /** Whether a transaction, serialised, waits here for a block. */
  isWaiting(transaction: Uint8Array): boolean {
    return this.#room.find(transaction) !== undefined;
  }

  /** Lets go of one that waits: it is answered with the code of another node, or with why nobody has it. */
  drop(transaction: Uint8Array, reason: ResultCode | AssayError): void {
    this.#room.drop(transaction, reason);
  }

  /** Resolves when all that was submitted before waits for a block, or was refused. */
  admitted(): Promise<void> {
    return this.#room.admitted();
  }

  onBlock(listener: (committed: CommittedBlock) => void): () => void {
    return this.#blockListeners.add(listener);
  }

  onSealed(listener: (height: number) => void): () => void {
    return this.#sealListeners.add(listener);
  }

  blockAt(height: number): Uint8Array | null {
    return this.#store.blockAt(height);
  }

  sealAt(height: number): Uint8Array | null {
    return this.#store.sealAt(height);
  }

  isCurrent(): boolean {
    return this.#isCurrent;
  }

  /** Says whether the chain is as far as that of other nodes; an engine that knows of no others never does. */
  setCurrent(isCurrent: boolean): void {
    this.#isCurrent = isCurrent;
  }

  /** Makes the seal durable that came after its block. Rejects with AssayError as `ChainStore.commit` does. */
  async seal(height: number, seal: Seal): Promise<void> {
    await this.#store.putSeal(height, seal);
    this.#sealListeners.tell(height);
  }

  codesAt(height: number): readonly ResultCode[] | null {
    return this.#store.resultAt(height)?.codes ?? null;
  }

  /**
   * The transactions that the next block should have, serialised, of at most so many bytes with what SSZ needs of each.
   * They go on waiting until a block has them.
   */
  propose(maxBytes: number = limits.maxBlockBytes): Uint8Array[] {
    return this.#room.select(maxBytes);
  }

  /**
   * Why a block that another node proposes is refused; null when it is not. Of one that is not, no signature is checked
   * again when it is applied.
   */
  judge(transactions: readonly Uint8Array[]): Promise<string | null> {
    return this.#room.judge(transactions);
  }

  /**
   * Applies the next block, whoever proposed it, and gives its header. The ledger is ahead of `head()` until `commit`.
   * Throws what `Ledger.applyBlock` throws.
   */
  apply({ transactions, ...block }: Omit<BlockInput, 'transactions'> & { transactions: Uint8Array[] }): BlockHeader {
    const result = this.#applyToLedger({ ...block, transactions }, this.#room.inBlock);
    const header: BlockHeader = {
      ...block,
      parentRoot: this.#headRoot,
      stateRoot: result.stateRoot,
      transactionsRoot: TransactionList.hashTreeRoot(transactions),
    };
    this.#take({ header, transactions, result });
    return header;
  }

  /** What the applied block did, and the state after it, which is not durable yet. */
  applied(): { readonly result: BlockResult; readonly after: LedgerView } {
    if (this.#applied === null) throw new Error('no block was applied');
    return { result: this.#applied.result, after: this.#ledger.view() };
  }

  /**
   * Applies the next block, whose header, transactions and seal were held against each other. `isTrusted`: whether all
   * signatures in it are taken for good. Throws what `Ledger.applyBlock` throws, and an Error when the state has
   * another root than the header says: the ledger is then of no use until `rewind`.
   */
  applySealed({ header, transactions }: Block, { isTrusted }: { readonly isTrusted: boolean }): void {
    const { height, timeMs, stateRoot } = header;
    const verifier = isTrusted ? trusting : this.#room.inBlock;
    const result = this.#applyToLedger({ height, timeMs, transactions }, verifier);
    if (!equalBytes(result.stateRoot, stateRoot)) {
      const roots = `the state root is ${toHex(result.stateRoot)}, but header and seal say ${toHex(stateRoot)}`;
      const cure = 'so other rules made it: install the version that did';
      throw new Error(`Block ${height}: ${roots}, ${cure}`);
    }
    this.#take({ header, transactions, result });
  }

  /** Takes back a block that was applied and is not durable. Rejects with AssayError as `restore` does. */
  async rewind(): Promise<void> {
    const { ledger } = await restoreChain(this.#store, this.#options.genesis);
    this.#ledger = ledger;
    this.#inHand = { transactions: [], waiting: [] };
    this.#applied = null;
    this.#ahead?.resolve();
    this.#ahead = null;
  }

  /**
   * Makes the applied block durable with its seal, or without one that the next block brings; only then are its
   * transactions acknowledged. Rejects with AssayError as `ChainStore.commit` does.
   */
  async commit(seal: Seal | null): Promise<CommittedBlock> {
    if (this.#applied === null) throw new Error('no block was applied');
    const { header, transactions, result } = this.#applied;
    const block: Block = { header, transactions };
    const bytes = Block.serialize(block);
    const snapshot = this.#snapshots.isDue(result, bytes.length) ? this.snapshot() : null;
    await this.#store.commit({ block, bytes, seal, result, snapshot, rows: rowsOf(this.#ledger) });
    if (snapshot !== null) this.#snapshots.taken(snapshot.length);
    this.#head = this.#ledger.view();
    this.#stateRoot = result.stateRoot;
    this.#headRoot = headerRoot(header);
    this.#applied = null;
    this.#ahead?.resolve();
    this.#ahead = null;
    this.#acknowledge(result);
    const committed = { block, root: this.#headRoot, result };
    this.#blockListeners.tell(committed);
    if (seal !== null) this.#sealListeners.tell(header.height);
    return committed;
  }

  /**
   * Begins, before the first block, with a block of the network and the state after it, which are one as their roots
   * are. Throws an Error when they are not, and rejects as `Store.begin` does.
   */
  async begin(block: Block, snapshot: Uint8Array, store: Pick<Store, 'begin'>): Promise<void> {
    const ledger = Ledger.fromSnapshot(snapshot);
    const { header, transactions } = block;
    if (!equalBytes(ledger.stateRoot(), header.stateRoot)) throw new Error('the state is not that of the block');
    const transactionsRoot = TransactionList.hashTreeRoot(transactions);
    if (!equalBytes(transactionsRoot, header.transactionsRoot)) throw new Error('the transactions are not its own');
    if (!isSameChain(ledger.state.chain, this.identity)) throw new Error('the state is that of another chain');
    await store.begin({ block, seal: null }, snapshot);
    this.#ledger = ledger;
    this.#head = ledger.view();
    this.#stateRoot = header.stateRoot;
    this.#headRoot = headerRoot(header);
    const start = { height: header.height, bytes: snapshot.length };
    this.#snapshots = new SnapshotPolicy({ ledger, snapshot: start, replayedBytes: 0 }, this.#options.snapshotEvery);
  }

  /** The state after the last applied block, serialised: what `restore` begins with where the store has one. */
  snapshot(): Uint8Array {
    return this.#ledger.snapshot();
  }

  /** Why it has ended; null while it goes on. */
  get ended(): AssayError | null {
    return this.#ended;
  }

  /** Gives up on all that waits, and refuses what comes; false when it had ended before. */
  end(reason: AssayError): boolean {
    if (this.#ended !== null) return false;
    this.#ended = reason;
    this.#room.close(reason);
    return true;
  }

  /**
   * Ends for an error on the way to a block, and gives the AssayError to go on with. What the ledger failed at is left
   * beside the chain.
   */
  async halt(error: unknown): Promise<AssayError> {
    const reason = error instanceof AssayError ? error : (unknownRule(error) ?? (await this.#wrecked(error)));
    for (const entry of this.#inHand.waiting) entry?.reject(reason);
    this.#ahead?.reject(reason);
    if (this.end(reason)) this.#options.onFatal(reason);
    return reason;
  }

  #wrecked(cause: unknown): Promise<AssayError> {
    const dir = join(this.#store.dir, `halted-${this.#ledger.state.globals.height}`);
    return crashDump(dir, { state: this.snapshot(), transactions: this.#inHand.transactions }, cause);
  }

  #applyToLedger(
    block: Omit<BlockInput, 'transactions'> & { transactions: Uint8Array[] },
    verifier: Verifier,
  ): BlockResult {
    const waiting = block.transactions.map((bytes) => this.#room.find(bytes));
    this.#inHand = { transactions: block.transactions, waiting };
    this.#ahead ??= Promise.withResolvers();
    this.#ahead.promise.catch(() => {});
    const known = block.transactions.map((bytes, i) => waiting[i]?.transaction ?? bytes);
    return this.#ledger.applyBlock({ ...block, transactions: known }, verifier);
  }

  #take(applied: Applied): void {
    this.#room.leave(this.#inHand.waiting, applied.header.height + 1);
    this.#applied = applied;
  }

  #acknowledge({ height, transactions }: BlockResult): void {
    const { waiting } = this.#inHand;
    this.#inHand = { transactions: [], waiting: [] };
    for (const [i, { code, events }] of transactions.entries()) waiting[i]?.resolve({ code, height, events });
  }
}

function isSameChain(a: ChainIdentity, b: ChainIdentity): boolean {
  return a.chainId === b.chainId && equalBytes(a.genesisHash, b.genesisHash);
}
