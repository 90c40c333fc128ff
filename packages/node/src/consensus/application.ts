import { join } from 'node:path';
import {
  type BlockInput,
  type BlockResult,
  checkPossessions,
  headerRoot,
  type Ledger,
  type LedgerView,
  type readTransaction,
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
import { VerifiedSignatures } from '../crypto/verified-signatures.ts';
import { nativeVerifier, verifyOffThread } from '../crypto/verifier.ts';
import type { ChainStore } from '../store/store.ts';
import { admissionCode } from './admission.ts';
import { crashDump } from './crash-dump.ts';
import { envelopeOf, Mempool, type Waiting } from './mempool.ts';
import { type LoadedChain, type Progress, restoreChain, rowsOf } from './replay.ts';
import { SignatureQueue } from './signature-queue.ts';
import { SnapshotPolicy } from './snapshot-policy.ts';

type SignedParts = Parameters<Verifier['ed25519']>;

/** What a block needs besides the bytes of its transactions: header, signature, one offset for each. */
const frameBytes = 512;
const offsetBytes = 4;

export interface ApplicationOptions {
  readonly store: ChainStore;
  readonly genesis: Genesis;
  /** Called once when it has ended by itself: the disk or the ledger failed. */
  readonly onFatal: (error: AssayError) => void;
  readonly onProgress?: Progress;
  /** Checks signatures; when absent the native one, and on other threads those of what arrives. */
  readonly verifier?: Verifier;
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
  readonly #ledger: Ledger;
  readonly #store: ChainStore;
  readonly #verifier: Verifier;
  readonly #signatures: VerifiedSignatures;
  readonly #queue: SignatureQueue;
  readonly #mempool = new Mempool();
  readonly #snapshots: SnapshotPolicy;
  readonly #onFatal: (error: AssayError) => void;
  readonly #listeners = new Set<(committed: CommittedBlock) => void>();
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

  private constructor({ store, onFatal, verifier }: ApplicationOptions, chain: LoadedChain) {
    this.identity = chain.ledger.state.chain;
    this.#ledger = chain.ledger;
    this.#store = store;
    this.#verifier = verifier ?? nativeVerifier;
    this.#signatures = new VerifiedSignatures(this.#verifier, limits.maxWaitingTransactions);
    const verify =
      verifier === undefined ? verifyOffThread : async (...parts: SignedParts) => verifier.ed25519(...parts);
    this.#queue = new SignatureQueue(this.identity, this.#signatures, verify);
    this.#snapshots = new SnapshotPolicy(chain);
    this.#onFatal = onFatal;
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

  submit(transaction: Uint8Array): Promise<Inclusion> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) throw this.#ended;
      // A copy of its own: the caller may reuse the memory, and the state keeps parts of what it is given.
      const bytes = Uint8Array.from(transaction);
      this.#queue.pass(bytes, (read) => this.#admit(read, { resolve, reject }));
    });
  }

  /** Resolves when all that was submitted before waits for a block, or was refused. */
  async admitted(): Promise<void> {
    await this.#queue.drained();
  }

  onBlock(listener: (committed: CommittedBlock) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
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
  }

  codesAt(height: number): readonly ResultCode[] | null {
    return this.#store.resultAt(height)?.codes ?? null;
  }

  /** The transactions that the next block should have, serialised. They go on waiting until a block has them. */
  propose(): Uint8Array[] {
    const maxBytes = limits.maxBlockBytes - frameBytes;
    const selected = this.#mempool.select(limits.maxBlockTransactions, maxBytes, offsetBytes);
    return selected.map(({ transaction }) => transaction.bytes);
  }

  /**
   * Applies the next block, whoever proposed it, and gives its header. The ledger is ahead of `head()` until `commit`.
   * Throws what `Ledger.applyBlock` throws.
   */
  apply({ transactions, ...block }: Omit<BlockInput, 'transactions'> & { transactions: Uint8Array[] }): BlockHeader {
    const waiting = transactions.map((bytes) => this.#mempool.find(bytes));
    this.#inHand = { transactions, waiting };
    this.#ahead = Promise.withResolvers();
    this.#ahead.promise.catch(() => {});
    const known = transactions.map((bytes, i) => waiting[i]?.transaction ?? bytes);
    const result = this.#ledger.applyBlock({ ...block, transactions: known }, this.#signatures.inBlock);
    for (const entry of waiting) if (entry !== undefined) this.#mempool.remove(entry);
    this.#mempool.prune(block.height + 1, (address) => this.#ledger.state.nonceOf(address));
    const header: BlockHeader = {
      ...block,
      parentRoot: this.#headRoot,
      stateRoot: result.stateRoot,
      transactionsRoot: TransactionList.hashTreeRoot(transactions),
    };
    this.#applied = { header, transactions, result };
    return header;
  }

  /**
   * Makes the applied block durable with its seal, or without one that the next block brings; only then are its
   * transactions acknowledged.
   * Rejects with AssayError as `ChainStore.commit` does.
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
    this.#notify(committed);
    return committed;
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
    this.#mempool.rejectAll(reason);
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
    if (this.end(reason)) this.#onFatal(reason);
    return reason;
  }

  #wrecked(cause: unknown): Promise<AssayError> {
    const dir = join(this.#store.dir, `halted-${this.#ledger.state.globals.height}`);
    return crashDump(dir, { state: this.snapshot(), transactions: this.#inHand.transactions }, cause);
  }

  #admit(read: ReturnType<typeof readTransaction>, answer: Pick<Waiting, 'resolve' | 'reject'>): void {
    try {
      if (this.#ended !== null) throw this.#ended;
      const code = typeof read === 'string' ? read : this.#enqueue({ transaction: read, ...answer });
      if (code !== 'OK') answer.resolve({ code, height: 0, events: [] });
    } catch (error) {
      answer.reject(error);
    }
  }

  #enqueue(arrived: Omit<Waiting, 'envelope'>): ResultCode {
    const { transaction } = arrived;
    const waiting = { ...arrived, envelope: envelopeOf(transaction, this.#ledger.isFreeDuty(transaction)) };
    // Before the ledger looks at it: the body of a batch takes long.
    this.#mempool.requireRoom(waiting);
    const parts = { ledger: this.#ledger, mempool: this.#mempool, verifier: this.#signatures.onArrival };
    const code = admissionCode(parts, waiting);
    if (code === 'OK') this.#mempool.add(waiting);
    return code;
  }

  #acknowledge({ height, transactions }: BlockResult): void {
    const { waiting } = this.#inHand;
    this.#inHand = { transactions: [], waiting: [] };
    for (const [i, { code, events }] of transactions.entries()) waiting[i]?.resolve({ code, height, events });
  }

  /** A listener that throws has a bug of its own: the block stands, the others hear of it, the process of the bug. */
  #notify(committed: CommittedBlock): void {
    for (const listener of this.#listeners) {
      try {
        listener(committed);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
