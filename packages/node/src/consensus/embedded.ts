import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkPossessions, type Ledger, type LedgerView, type readTransaction, type Verifier } from '@assay/ledger';
import {
  type ChainIdentity,
  type Genesis,
  limits,
  type ResultCode,
  type RowProof,
  type TableName,
  TransactionList,
} from '@assay/protocol';
import type { Ed25519Signer } from '../crypto/signers.ts';
import { VerifiedSignatures } from '../crypto/verified-signatures.ts';
import { nativeVerifier, verifyOffThread } from '../crypto/verifier.ts';
import { AssayError } from '../errors.ts';
import type { Cancel, Runtime } from '../runtime/port.ts';
import { writeDurably } from '../store/durable-file.ts';
import type { ChainStore } from '../store/store.ts';
import { blockTimeProblem, nextBlockMs } from './block-time.ts';
import { type Envelope, envelopeOf, Mempool, type Waiting } from './mempool.ts';
import type { CommittedBlock, Engine, Inclusion } from './port.ts';
import { type LoadedChain, loadChain, type Progress, rebuildViews, rowsOf, unknownRule } from './replay.ts';
import { headerRoot, sealBlock } from './seal.ts';
import { SignatureQueue } from './signature-queue.ts';
import { SnapshotPolicy } from './snapshot-policy.ts';

type SignedParts = Parameters<Verifier['ed25519']>;

/** What a block needs besides the bytes of its transactions: header, signature, one offset for each. */
const frameBytes = 512;
const offsetBytes = 4;

export interface EmbeddedOptions {
  readonly store: ChainStore;
  readonly genesis: Genesis;
  /** The key with this public half, of those this process holds; null when it is another one's. */
  readonly signerOf: (publicKey: Uint8Array) => Ed25519Signer | null;
  /** Its clocks and timers, none of which keeps the process alive. */
  readonly runtime: Pick<Runtime, 'nowMs' | 'monotonicMs' | 'timer'>;
  /** Called once when the engine has stopped by itself: the disk or the ledger failed. */
  readonly onFatal: (error: AssayError) => void;
  readonly onProgress?: Progress;
  /** Checks signatures; when absent the native one, and on other threads those of what arrives. */
  readonly verifier?: Verifier;
}

/** Makes blocks in this process, one of its validators after the other. What it acknowledges is durable. */
export class EmbeddedEngine implements Engine {
  readonly identity: ChainIdentity;
  readonly #ledger: Ledger;
  readonly #verifier: Verifier;
  readonly #store: ChainStore;
  readonly #signerOf: EmbeddedOptions['signerOf'];
  readonly #runtime: EmbeddedOptions['runtime'];
  readonly #onFatal: (error: AssayError) => void;
  readonly #mempool = new Mempool();
  readonly #signatures: VerifiedSignatures;
  readonly #queue: SignatureQueue;
  readonly #listeners = new Set<(committed: CommittedBlock) => void>();
  readonly #snapshots: SnapshotPolicy;
  #headRoot: Uint8Array;
  #inHand: Promise<unknown> = Promise.resolve();
  #cancel: Cancel | null = null;
  #dueMs = 0;
  #ended: AssayError | null = null;

  private constructor(options: EmbeddedOptions, chain: LoadedChain) {
    this.#ledger = chain.ledger;
    this.identity = chain.ledger.state.chain;
    const { verifier } = options;
    this.#verifier = verifier ?? nativeVerifier;
    this.#signatures = new VerifiedSignatures(this.#verifier, limits.maxWaitingTransactions);
    const verify =
      verifier === undefined ? verifyOffThread : async (...parts: SignedParts) => verifier.ed25519(...parts);
    this.#queue = new SignatureQueue(this.identity, this.#signatures, verify);
    this.#store = options.store;
    this.#signerOf = options.signerOf;
    this.#runtime = options.runtime;
    this.#onFatal = options.onFatal;
    this.#snapshots = new SnapshotPolicy(chain);
    this.#headRoot = chain.headRoot;
  }

  /**
   * Stands after the last block of the store, or before the first. Throws AssayError DATA_DAMAGED when the stored
   * blocks do not lead to their roots, NO_PROPOSER when it holds no validator's key, and an Error with a sentence when
   * the genesis does not serve.
   */
  static async open(options: EmbeddedOptions): Promise<EmbeddedEngine> {
    const { store, genesis, onProgress } = options;
    const problem = checkPossessions(genesis, nativeVerifier);
    if (problem !== null) throw new Error(`The genesis cannot be used: ${problem}.`);
    if (store.viewsHeight !== store.height) await rebuildViews(store, genesis, onProgress);
    const engine = new EmbeddedEngine(options, await loadSound(store, genesis, onProgress));
    engine.#nextProposer();
    return engine;
  }

  head(): LedgerView {
    return this.#ledger.state;
  }

  check(transaction: Uint8Array): ResultCode {
    return this.#ledger.check(transaction, this.#verifier);
  }

  prove(table: TableName, index: number): Pick<RowProof, 'row' | 'path'> | null {
    return this.#ledger.prove(table, index);
  }

  submit(transaction: Uint8Array): Promise<Inclusion> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) throw this.#ended;
      // A copy of its own: the caller may reuse the memory, and the state keeps parts of what it is given.
      const bytes = Uint8Array.from(transaction);
      this.#queue.pass(bytes, (read) => this.#admit(read, { resolve, reject }));
    });
  }

  onBlock(listener: (committed: CommittedBlock) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  blockAt(height: number): Uint8Array | null {
    return this.#store.blockAt(height);
  }

  async durable(): Promise<void> {
    await this.#inHand;
  }

  start(): void {
    if (this.#cancel !== null || this.#ended !== null) return;
    this.#dueMs = this.#runtime.monotonicMs();
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#end(new AssayError('NODE_STOPPED'));
    await this.#inHand;
  }

  /** Resolves when all that was submitted before waits for a block, or was refused. */
  async admitted(): Promise<void> {
    await this.#queue.drained();
  }

  /**
   * Makes the next block now, with all that was submitted before; resolves when it is durable. Rejects with the
   * AssayError that ended the engine.
   */
  async produceNow(): Promise<CommittedBlock> {
    await this.admitted();
    return this.#next();
  }

  #next(): Promise<CommittedBlock> {
    const produced = this.#inHand.then(() => this.#produce());
    this.#inHand = produced.catch(() => {});
    return produced;
  }

  /** Blocks keep to a grid of the monotonic clock; a grid point that was missed is left out, not made up for. */
  #schedule(): void {
    const now = this.#runtime.monotonicMs();
    this.#dueMs = Math.max(this.#dueMs + this.#ledger.state.params.blockTimeMs, now);
    this.#cancel = this.#runtime.timer(this.#dueMs - now, async () => {
      await this.#next().catch(() => {});
      if (this.#ended === null) this.#schedule();
    });
  }

  #admit(read: ReturnType<typeof readTransaction>, answer: Pick<Waiting, 'resolve' | 'reject'>): void {
    try {
      if (this.#ended !== null) throw this.#ended;
      if (typeof read === 'string') answer.resolve({ code: read, height: 0, events: [] });
      else this.#enqueue({ transaction: read, envelope: envelopeOf(read, this.#ledger.isFreeDuty(read)), ...answer });
    } catch (error) {
      answer.reject(error);
    }
  }

  #enqueue(waiting: Waiting): void {
    // Before the ledger looks at it: the body of a batch takes long.
    this.#mempool.requireRoom(waiting);
    const code = this.#admissionCode(waiting);
    if (code === 'OK') this.#mempool.add(waiting);
    else waiting.resolve({ code, height: 0, events: [] });
  }

  /**
   * §16.12 What the mempool says to a transaction: the ledger's code, except that it may follow others that wait. Those
   * may make the body of one that pays valid; a free one has to be valid without them.
   */
  #admissionCode({ transaction, envelope }: Waiting): ResultCode {
    const promises = this.#mempool.promisesOf(envelope.sender);
    const { onArrival } = this.#signatures;
    if (promises === null || envelope.isFreeDuty) {
      return this.#ledger.check(transaction, onArrival, promises?.nextNonce);
    }
    const code = this.#ledger.check(transaction, onArrival);
    const isWellSigned = code === 'OK' || code === 'BAD_NONCE';
    if (!isWellSigned) return code;
    if (envelope.nonce !== promises.nextNonce) return 'BAD_NONCE';
    return this.#promiseCode(envelope, promises.feesUnits);
  }

  /** Keeps out what would fill blocks for nothing, as its fee could not be charged when its turn comes. */
  #promiseCode({ address, feeUnits }: Envelope, promisedUnits: bigint): ResultCode {
    if (feeUnits < this.#ledger.state.params.transactionFeeUnits) return 'FEE_TOO_LOW';
    return this.#ledger.state.balanceOf(address) < promisedUnits + feeUnits ? 'CANNOT_PAY_FEE' : 'OK';
  }

  async #produce(): Promise<CommittedBlock> {
    if (this.#ended !== null) throw this.#ended;
    const waiting = this.#mempool.take(limits.maxBlockTransactions, limits.maxBlockBytes - frameBytes, offsetBytes);
    let committed: CommittedBlock;
    try {
      committed = await this.#make(waiting);
    } catch (error) {
      const failure = await this.#failureOf(waiting, error);
      for (const { reject } of waiting) reject(failure);
      if (this.#end(failure)) this.#onFatal(failure);
      throw failure;
    }
    const { height, transactions } = committed.result;
    for (const [i, { code, events }] of transactions.entries()) waiting[i]?.resolve({ code, height, events });
    this.#notify(committed);
    return committed;
  }

  /** Applies, seals and stores one block. The ledger is ahead of the disk until the store has it. */
  async #make(waiting: readonly Waiting[]): Promise<CommittedBlock> {
    const ledger = this.#ledger;
    const { globals } = ledger.state;
    const height = globals.height + 1;
    const { proposer, signer } = this.#nextProposer();
    const clock = {
      lastMs: globals.timeMs,
      nowMs: this.#runtime.nowMs(),
      blockTimeMs: ledger.state.params.blockTimeMs,
    };
    const timeMs = nextBlockMs(clock);
    // §2.10 What a node asks of every block, its own too.
    const problem = blockTimeProblem(timeMs, clock);
    if (problem !== null) throw new Error(`Block ${height} is refused: ${problem}.`);
    const transactions = waiting.map(({ transaction }) => transaction);
    const result = ledger.applyBlock({ height, timeMs, proposer, transactions }, this.#signatures.inBlock);
    const header = { height, timeMs, proposer, parentRoot: this.#headRoot, stateRoot: result.stateRoot };
    const encoded = transactions.map((transaction) => transaction.bytes);
    const { block, bytes } = sealBlock(this.identity, header, encoded, signer);
    const isDue = this.#snapshots.isDue(result, bytes.length);
    const snapshot = isDue ? ledger.snapshot() : null;
    this.#mempool.prune(height + 1, (address) => ledger.state.nonceOf(address));
    await this.#store.commit({ block, bytes, result, snapshot, rows: rowsOf(ledger) });
    if (snapshot !== null) this.#snapshots.taken(snapshot.length);
    this.#headRoot = headerRoot(block.header);
    return { block, root: this.#headRoot, result };
  }

  /** The validator of the next block: the one in turn, or the first after it whose key is held. */
  #nextProposer(): { readonly proposer: number; readonly signer: Ed25519Signer } {
    const { globals, validators } = this.#ledger.state;
    for (let passed = 1; passed <= validators.length; passed++) {
      const proposer = (globals.height + passed) % validators.length;
      const signer = this.#signerOf(validators.at(proposer).publicKey);
      if (signer !== null) return { proposer, signer };
    }
    throw new AssayError('NO_PROPOSER');
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

  /** Ends the engine for one reason; false when it had ended before. */
  #end(reason: AssayError): boolean {
    if (this.#ended !== null) return false;
    this.#ended = reason;
    this.#cancel?.();
    this.#mempool.rejectAll(reason);
    return true;
  }

  async #failureOf(waiting: readonly Waiting[], error: unknown): Promise<AssayError> {
    if (error instanceof AssayError) return error;
    return unknownRule(error) ?? (await this.#halted(waiting, error));
  }

  /** Leaves the state and the transactions that broke the ledger beside the chain, for whoever mends it. */
  async #halted(waiting: readonly Waiting[], cause: unknown): Promise<AssayError> {
    const dump = join(this.#store.dir, `halted-${this.#ledger.state.globals.height}`);
    const saved = await this.#dump(dump, waiting).then(
      () => `State and transactions are in ${dump}.`,
      (error: unknown) => `State and transactions could not be saved: ${String(error)}.`,
    );
    return new AssayError('LEDGER_HALTED', `${String(cause)}. ${saved}`, { cause });
  }

  async #dump(dir: string, waiting: readonly Waiting[]): Promise<void> {
    await mkdir(dir, { recursive: true });
    const transactions = TransactionList.serialize(waiting.map(({ transaction }) => transaction.bytes));
    await writeDurably(join(dir, 'transactions.ssz'), transactions, 0o600);
    await writeDurably(join(dir, 'state.ssz'), this.#ledger.snapshot(), 0o600);
  }
}

/** The chain of a store, whose views are made anew when they turn out damaged on the way (§16.1). */
async function loadSound(store: ChainStore, genesis: Genesis, onProgress?: Progress): Promise<LoadedChain> {
  try {
    return await loadChain(store, genesis, onProgress);
  } catch (error) {
    if (store.viewsHeight === store.height) throw error;
    await rebuildViews(store, genesis, onProgress);
    return loadChain(store, genesis, onProgress);
  }
}
