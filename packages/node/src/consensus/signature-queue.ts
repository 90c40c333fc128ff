import { readTransaction, type SignedTransaction } from '@assay/ledger';
import { AssayError, type ChainIdentity, limits } from '@assay/protocol';
import type { VerifiedSignatures } from '../crypto/verified-signatures.ts';
import type { verifyOffThread } from '../crypto/verifier.ts';

/** Who brings a transaction: this node, or another one, which has told all others or leaves that to this one. */
export type Source = 'here' | 'peer' | 'offered';

/** What is being checked of what this node brings, or others do: these have an eighth, and none of our own room. */
interface Room {
  readonly part: number;
  size: number;
  bytes: number;
}

/** Checks the signatures of arriving transactions, and lets the transactions go on as they came. */
export class SignatureQueue {
  readonly #chain: ChainIdentity;
  readonly #signatures: VerifiedSignatures;
  readonly #verify: typeof verifyOffThread;
  readonly #ours: Room = { part: 1, size: 0, bytes: 0 };
  readonly #others: Room = { part: 8, size: 0, bytes: 0 };
  #last: Promise<unknown> = Promise.resolve();

  constructor(chain: ChainIdentity, signatures: VerifiedSignatures, verify: typeof verifyOffThread) {
    this.#chain = chain;
    this.#signatures = signatures;
    this.#verify = verify;
  }

  /**
   * Calls `next`, which must not throw, when it is the transaction's turn, with what was read, or the code when it is
   * none; a good signature is then remembered. Throws AssayError TOO_MANY_REQUESTS when too many are being checked.
   */
  pass(bytes: Uint8Array, source: Source, next: (read: ReturnType<typeof readTransaction>) => void): void {
    const { length } = bytes;
    const room = source === 'here' ? this.#ours : this.#others;
    const { maxWaitingTransactions, maxWaitingBytes } = limits;
    if (room.size >= maxWaitingTransactions / room.part || room.bytes + length > maxWaitingBytes / room.part) {
      throw new AssayError('TOO_MANY_REQUESTS', `${room.size} transactions are being checked.`);
    }
    room.size += 1;
    room.bytes += length;
    const read = readTransaction(this.#chain, bytes);
    const checked = typeof read === 'string' ? null : this.#check(read);
    this.#last = Promise.all([this.#last, checked]).then(() => {
      room.size -= 1;
      room.bytes -= length;
      next(read);
    });
  }

  /** The transaction of these bytes, whose signature is then remembered; null when none is good. */
  async signed(bytes: Uint8Array): Promise<SignedTransaction | null> {
    const read = readTransaction(this.#chain, bytes);
    return typeof read !== 'string' && (await this.#check(read)) ? read : null;
  }

  /** Resolves once all that came before have had their turn. */
  async drained(): Promise<void> {
    await this.#last;
  }

  async #check({ content, signature, signingRoot }: SignedTransaction): Promise<boolean> {
    const isGood = await this.#verify(content.publicKey, signingRoot, signature);
    if (isGood) this.#signatures.learn(content.publicKey, signingRoot, signature);
    return isGood;
  }
}
