import type { Ledger, readTransaction, SignedTransaction, Verifier } from '@assay/ledger';
import { type AssayError, type ChainIdentity, limits, type ResultCode } from '@assay/protocol';
import type { Inclusion } from '@assay/roles/ports/chain';
import { VerifiedSignatures } from '../crypto/verified-signatures.ts';
import { nativeVerifier, verifyOffThread } from '../crypto/verifier.ts';
import { admissionCode } from './admission.ts';
import { envelopeOf, Mempool, type Waiting } from './mempool.ts';
import { Payers } from './payers.ts';
import { SignatureQueue, type Source } from './signature-queue.ts';

/** What a block needs besides the bytes of its transactions: header, signature, one offset for each. */
const frameBytes = 512;
const offsetBytes = 4;

type SignedParts = Parameters<Verifier['ed25519']>;

/** Who waits for a transaction: for its code as it arrives, and for what becomes of it. */
type Answer = Pick<Waiting, 'resolve' | 'reject'> & {
  readonly admitted: (code: ResultCode) => void;
  readonly source: Source;
};

export interface WaitingRoomOptions {
  readonly chain: ChainIdentity;
  /** As it stands now. */
  readonly ledger: () => Ledger;
  /** Checks signatures; when absent the native one, and on other threads those of what arrives. */
  readonly verifier: Verifier | undefined;
  /** Told of each transaction that no other node tells of, once it waits for a block. */
  readonly onWaiting: ((transaction: Uint8Array) => void) | undefined;
}

/** What waits for a block: each transaction from its arrival, over its signature and its admission, to its answer. */
export class WaitingRoom {
  readonly #options: WaitingRoomOptions;
  readonly #signatures: VerifiedSignatures;
  readonly #queue: SignatureQueue;
  readonly #mempool = new Mempool();
  #closed: AssayError | null = null;

  constructor(options: WaitingRoomOptions) {
    const { chain, verifier } = options;
    this.#options = options;
    this.#signatures = new VerifiedSignatures(verifier ?? nativeVerifier, limits.maxWaitingTransactions);
    const verify =
      verifier === undefined ? verifyOffThread : async (...parts: SignedParts) => verifier.ed25519(...parts);
    this.#queue = new SignatureQueue(chain, this.#signatures, verify);
  }

  /** For blocks: it knows what arrived here before. */
  get inBlock(): Verifier {
    return this.#signatures.inBlock;
  }

  /** As `Chain.submit`. */
  submit(transaction: Uint8Array, source: Source): Promise<Inclusion> {
    return new Promise((resolve, reject) => {
      const admitted = (code: ResultCode) => code === 'OK' || resolve({ code, height: 0, events: [] });
      this.#pass(transaction, { resolve, reject, admitted, source });
    });
  }

  /** The code with which it waits from now on, or is refused; OK when it waits already. */
  offer(transaction: Uint8Array): Promise<ResultCode> {
    return new Promise((resolve, reject) => {
      if (this.find(transaction) !== undefined) resolve('OK');
      else this.#pass(transaction, { resolve: () => {}, reject, admitted: resolve, source: 'offered' });
    });
  }

  find(transaction: Uint8Array): Waiting | undefined {
    return this.#mempool.find(transaction);
  }

  /** Lets go of one that waits: it is answered with the code of another node, or with why nobody has it. */
  drop(transaction: Uint8Array, reason: ResultCode | AssayError): void {
    const entry = this.find(transaction);
    if (entry === undefined) return;
    this.#mempool.remove(entry);
    if (typeof reason === 'string') entry.resolve({ code: reason, height: 0, events: [] });
    else entry.reject(reason);
  }

  /** Resolves when all that came before waits, or was refused. */
  async admitted(): Promise<void> {
    await this.#queue.drained();
  }

  /**
   * What the next block should have, serialised, of at most so many bytes with what SSZ needs of each. What nobody
   * would pay for waits no more.
   */
  select(maxBytes: number): Uint8Array[] {
    const roomBytes = Math.min(maxBytes, limits.maxBlockBytes) - frameBytes;
    const selected = this.#mempool.select(limits.maxBlockTransactions, roomBytes, offsetBytes);
    const payers = new Payers(this.#options.ledger());
    return selected.flatMap(({ transaction }) => {
      const code = payers.code(transaction);
      if (code === 'OK') return transaction.bytes;
      // Its sender spent the fee, or owes the duty no more; the block could hold it for nothing.
      this.drop(transaction.bytes, code);
      return [];
    });
  }

  /** Why a block that another node proposes is refused; null when it is not. */
  async judge(transactions: readonly Uint8Array[]): Promise<string | null> {
    const size = transactions.reduce((sum, { length }) => sum + length + offsetBytes, frameBytes);
    if (transactions.length > limits.maxBlockTransactions) return `it has ${transactions.length} transactions`;
    if (size > limits.maxBlockBytes) return `it has ${size} bytes`;
    const signed = await Promise.all(
      transactions.map((bytes) => this.find(bytes)?.transaction ?? this.#queue.signed(bytes)),
    );
    const payers = new Payers(this.#options.ledger());
    for (const transaction of signed) {
      // §18.7 What nobody signed, or pays for, costs nobody anything.
      if (transaction === null) return 'it has a transaction that nobody signed';
      const code = payers.code(transaction);
      if (code !== 'OK') return `it has a transaction that nobody pays for (${code})`;
    }
    return null;
  }

  /** After a block: takes out what it had, and what no block of `height` or later can have. */
  leave(included: readonly (Waiting | undefined)[], height: number): void {
    for (const entry of included) if (entry !== undefined) this.#mempool.remove(entry);
    const { state } = this.#options.ledger();
    this.#mempool.prune(height, (address) => state.nonceOf(address));
  }

  /** Gives up on all that waits, and refuses what comes. */
  close(reason: AssayError): void {
    this.#closed = reason;
    this.#mempool.rejectAll(reason);
  }

  /** Throws AssayError TOO_MANY_REQUESTS when too many are being checked, and what it was closed with. */
  #pass(transaction: Uint8Array, answer: Answer): void {
    if (this.#closed !== null) throw this.#closed;
    // A copy of its own: the caller may reuse the memory, and the state keeps parts of what it is given.
    const bytes = Uint8Array.from(transaction);
    this.#queue.pass(bytes, answer.source, (read) => this.#admit(read, answer));
  }

  #admit(read: ReturnType<typeof readTransaction>, { admitted, source, ...answer }: Answer): void {
    try {
      if (this.#closed !== null) throw this.#closed;
      if (typeof read === 'string') return void admitted(read);
      const code = this.#enqueue(read, answer);
      admitted(code);
      if (code === 'OK' && source !== 'peer') this.#options.onWaiting?.(read.bytes);
    } catch (error) {
      answer.reject(error);
    }
  }

  #enqueue(transaction: SignedTransaction, answer: Pick<Waiting, 'resolve' | 'reject'>): ResultCode {
    const ledger = this.#options.ledger();
    const waiting = { transaction, ...answer, envelope: envelopeOf(transaction, ledger.isFreeDuty(transaction)) };
    // Before the ledger looks at it: the body of a batch takes long.
    this.#mempool.requireRoom(waiting);
    const code = admissionCode({ ledger, mempool: this.#mempool, verifier: this.#signatures.onArrival }, waiting);
    if (code === 'OK') this.#mempool.add(waiting);
    return code;
  }
}
