import { readTransaction, type SignedTransaction } from '@assay/ledger';
import { AssayError, type ChainIdentity, limits } from '@assay/protocol';
import type { VerifiedSignatures } from '../crypto/verified-signatures.ts';
import type { verifyOffThread } from '../crypto/verifier.ts';

/** Checks the signatures of arriving transactions, and lets the transactions go on as they came. */
export class SignatureQueue {
  readonly #chain: ChainIdentity;
  readonly #signatures: VerifiedSignatures;
  readonly #verify: typeof verifyOffThread;
  #size = 0;
  #bytes = 0;
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
  pass(bytes: Uint8Array, next: (read: ReturnType<typeof readTransaction>) => void): void {
    const { length } = bytes;
    if (this.#size >= limits.maxWaitingTransactions || this.#bytes + length > limits.maxWaitingBytes) {
      throw new AssayError('TOO_MANY_REQUESTS', `${this.#size} transactions are being checked.`);
    }
    this.#size += 1;
    this.#bytes += length;
    const read = readTransaction(this.#chain, bytes);
    const checked = typeof read === 'string' ? null : this.#check(read);
    this.#last = Promise.all([this.#last, checked]).then(() => {
      this.#size -= 1;
      this.#bytes -= length;
      next(read);
    });
  }

  /** Whether these bytes are a transaction with a good signature, which is then remembered. */
  async isSigned(bytes: Uint8Array): Promise<boolean> {
    const read = readTransaction(this.#chain, bytes);
    return typeof read !== 'string' && (await this.#check(read));
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
