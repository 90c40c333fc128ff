import type { SignedTransaction } from '@assay/ledger';
import { type BodyKind, bodySelectors, limits } from '@assay/protocol';
import { AssayError } from '../errors.ts';
import type { Inclusion } from './port.ts';

/** What the mempool reads of a transaction that is known to be well formed. */
export interface Envelope {
  /** The sender's public key as a map key. */
  readonly sender: string;
  readonly address: Uint8Array;
  readonly nonce: number;
  readonly validUntil: number;
  readonly feeUnits: bigint;
  readonly isDuty: boolean;
}

const duties: readonly BodyKind[] = ['certifiedBatch', 'auditCommit', 'auditReveal'];
const dutySelectors: readonly number[] = duties.map((kind) => bodySelectors[kind]);

export function envelopeOf({ content, sender }: SignedTransaction): Envelope {
  const { publicKey, nonce, validUntil, feeUnits, body } = content;
  return {
    sender: Buffer.from(publicKey).toString('latin1'),
    address: sender,
    ...{ nonce, validUntil, feeUnits },
    isDuty: dutySelectors.includes(body.selector),
  };
}

/** A transaction that waits, and who waits for it. */
export interface Waiting {
  readonly transaction: SignedTransaction;
  readonly envelope: Envelope;
  readonly resolve: (inclusion: Inclusion) => void;
  readonly reject: (error: unknown) => void;
}

/** What one sender has waiting, in the order of its nonces. */
interface Queue {
  readonly entries: Waiting[];
  feesUnits: bigint;
}

/** The transactions that wait for a block, in order of arrival; of each sender only consecutive nonces. */
export class Mempool {
  readonly #waiting = new Set<Waiting>();
  readonly #queues = new Map<string, Queue>();
  #bytes = 0;

  get size(): number {
    return this.#waiting.size;
  }

  /** The nonce after the last that a sender has waiting, and the fees of all of them; null when nothing waits. */
  promisesOf(sender: string): { readonly nextNonce: number; readonly feesUnits: bigint } | null {
    const queue = this.#queues.get(sender);
    const last = queue?.entries.at(-1);
    return queue === undefined || last === undefined
      ? null
      : { nextNonce: last.envelope.nonce + 1, feesUnits: queue.feesUnits };
  }

  /** Throws AssayError TOO_MANY_REQUESTS when there is no room for it. */
  add(entry: Waiting): void {
    const { sender, feeUnits } = entry.envelope;
    const queue = this.#queues.get(sender) ?? { entries: [], feesUnits: 0n };
    const full = this.#waiting.size >= limits.maxWaitingTransactions;
    if (full || this.#bytes + entry.transaction.bytes.length > limits.maxWaitingBytes) {
      throw new AssayError('TOO_MANY_REQUESTS', `${this.#waiting.size} transactions wait for a block.`);
    }
    if (queue.entries.length >= limits.maxWaitingPerSender) {
      throw new AssayError(
        'TOO_MANY_REQUESTS',
        `${queue.entries.length} transactions of this sender wait for a block.`,
      );
    }
    queue.entries.push(entry);
    queue.feesUnits += feeUnits;
    this.#queues.set(sender, queue);
    this.#waiting.add(entry);
    this.#bytes += entry.transaction.bytes.length;
  }

  /**
   * Takes what fits into a block: first everything of the senders with a duty to do, then the others, each in order of
   * arrival. That keeps each sender's nonces in order. Each costs its length and `overheadBytes` of the `maxBytes`.
   */
  take(maxTransactions: number, maxBytes: number, overheadBytes: number): Waiting[] {
    const taken: Waiting[] = [];
    const held = new Set<string>();
    const onDuty = new Set<string>();
    for (const { envelope } of this.#waiting) if (envelope.isDuty) onDuty.add(envelope.sender);
    let roomBytes = maxBytes;
    const consider = (entry: Waiting) => {
      const { sender } = entry.envelope;
      // One that does not fit holds back the later ones of its sender, and of nobody else.
      const size = entry.transaction.bytes.length + overheadBytes;
      if (size > roomBytes || taken.length >= maxTransactions) held.add(sender);
      if (held.has(sender)) return;
      roomBytes -= size;
      taken.push(entry);
    };
    for (const entry of this.#waiting) if (onDuty.has(entry.envelope.sender)) consider(entry);
    for (const entry of this.#waiting) if (!onDuty.has(entry.envelope.sender)) consider(entry);
    for (const entry of taken) {
      this.#queues.get(entry.envelope.sender)?.entries.shift();
      this.#forget(entry);
    }
    return taken;
  }

  /** Refuses what can no longer be in a block of `height`: what expired or does not follow its sender's nonce. */
  prune(height: number, nonceOf: (address: Uint8Array) => number): void {
    for (const { entries } of [...this.#queues.values()]) {
      const [head] = entries;
      const next = head === undefined ? 0 : nonceOf(head.envelope.address);
      const isBroken = ({ envelope }: Waiting, i: number) =>
        envelope.nonce !== next + i || envelope.validUntil < height;
      const broken = entries.findIndex(isBroken);
      if (broken < 0) continue;
      for (const entry of entries.splice(broken)) {
        this.#forget(entry);
        entry.resolve({ code: entry.envelope.validUntil < height ? 'EXPIRED' : 'BAD_NONCE', height: 0, events: [] });
      }
    }
  }

  /** Gives up on everything that waits. */
  rejectAll(error: AssayError): void {
    const all = [...this.#waiting];
    this.#waiting.clear();
    this.#queues.clear();
    this.#bytes = 0;
    for (const entry of all) entry.reject(error);
  }

  #forget(entry: Waiting): void {
    const { sender, feeUnits } = entry.envelope;
    this.#waiting.delete(entry);
    this.#bytes -= entry.transaction.bytes.length;
    const queue = this.#queues.get(sender);
    if (queue === undefined) return;
    queue.feesUnits -= feeUnits;
    if (queue.entries.length === 0) this.#queues.delete(sender);
  }
}
