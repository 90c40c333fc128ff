import { transactionSigningRoot } from '@assay/ledger';
import { type ChainIdentity, limits, Transaction } from '@assay/protocol';
import type { SignatureMemory } from '../crypto/signature-memory.ts';
import { verifyOffThread } from '../crypto/verifier.ts';
import { AssayError } from '../errors.ts';

/** Checks the signatures of arriving transactions on other threads, and lets the transactions go on as they came. */
export class Arrivals {
  readonly #chain: ChainIdentity;
  readonly #signatures: SignatureMemory;
  #size = 0;
  #bytes = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(chain: ChainIdentity, signatures: SignatureMemory) {
    this.#chain = chain;
    this.#signatures = signatures;
  }

  /**
   * Calls `next`, which must not throw, when it is the transaction's turn; a good signature is then remembered. Throws
   * AssayError TOO_MANY_REQUESTS when too many are being checked.
   */
  pass(transaction: Uint8Array, next: () => void): void {
    const { length } = transaction;
    if (this.#size >= limits.maxWaitingTransactions || this.#bytes + length > limits.maxWaitingBytes) {
      throw new AssayError('TOO_MANY_REQUESTS', `${this.#size} transactions are being checked.`);
    }
    this.#size += 1;
    this.#bytes += length;
    this.#last = Promise.all([this.#last, this.#check(transaction)]).then(() => {
      this.#size -= 1;
      this.#bytes -= length;
      next();
    });
  }

  /** Resolves once all that came before have had their turn. */
  async drained(): Promise<void> {
    await this.#last;
  }

  async #check(bytes: Uint8Array): Promise<void> {
    const transaction = bytes.length > limits.maxTransactionBytes ? null : decode(bytes);
    if (transaction === null) return;
    const { content, signature } = transaction;
    const root = transactionSigningRoot(this.#chain, content);
    if (await verifyOffThread(content.publicKey, root, signature)) {
      this.#signatures.learn(content.publicKey, root, signature);
    }
  }
}

function decode(bytes: Uint8Array): Transaction | null {
  try {
    return Transaction.deserialize(bytes);
  } catch {
    return null;
  }
}
