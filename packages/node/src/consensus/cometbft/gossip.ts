import { limits, TransactionList } from '@assay/protocol';

/** Largest bundle: one gossiped item is hashed, kept and sent by CometBFT as a whole. */
const bundleBytes = 128 * 1024;
const offsetBytes = 4;

/** Transactions of this node that its peers have not been sent; the oldest make room, as all wait here anyway. */
export class Gossip {
  readonly #fresh: Uint8Array[] = [];
  #bytes = 0;

  add(transaction: Uint8Array): void {
    this.#fresh.push(transaction);
    this.#bytes += transaction.length;
    if (this.#fresh.length > limits.maxWaitingTransactions || this.#bytes > limits.maxWaitingBytes) this.#take(1);
  }

  /** Takes what is fresh, as bundles. */
  take(): Uint8Array[] {
    const bundles: Uint8Array[] = [];
    while (this.#fresh.length > 0) bundles.push(TransactionList.serialize(this.#take(this.#bundleCount())));
    return bundles;
  }

  /** How many of the oldest fit into one; the first always. */
  #bundleCount(): number {
    let used = 0;
    const excess = this.#fresh.findIndex(({ length }, i) => {
      used += length + offsetBytes;
      return i > 0 && used > bundleBytes;
    });
    return Math.min(excess === -1 ? this.#fresh.length : excess, limits.maxBlockTransactions);
  }

  #take(count: number): Uint8Array[] {
    const oldest = this.#fresh.splice(0, count);
    for (const { length } of oldest) this.#bytes -= length;
    return oldest;
  }
}

/** The transactions of a peer's bundle, each in memory of its own; null when it is none, or too large for several. */
export function bundled(bundle: Uint8Array): Uint8Array[] | null {
  try {
    const transactions = TransactionList.deserialize(bundle);
    if (transactions.length > 1 && bundle.length > bundleBytes) return null;
    return transactions.map((transaction) => Uint8Array.from(transaction));
  } catch {
    return null;
  }
}
