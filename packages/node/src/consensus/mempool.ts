import type { SignedTransaction } from '@assay/ledger';
import { AssayError, limits } from '@assay/protocol';
import type { Inclusion } from '@assay/roles/ports/chain';
import { equalBytes } from '@assay/ssz';

/** What the mempool reads of a transaction that is known to be well formed. */
export interface Envelope {
  /** The sender's public key as a map key. */
  readonly sender: string;
  readonly address: Uint8Array;
  readonly nonce: number;
  readonly validUntil: number;
  readonly feeUnits: bigint;
  /** A duty of its sender without a fee (§1.6). */
  readonly isFreeDuty: boolean;
}

export function envelopeOf({ content, sender }: SignedTransaction, isFreeDuty: boolean): Envelope {
  const { publicKey, nonce, validUntil, feeUnits } = content;
  return {
    sender: Buffer.from(publicKey).toString('latin1'),
    address: sender,
    nonce,
    validUntil,
    feeUnits,
    isFreeDuty,
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
  /** Of those that are no free duties. */
  payingBytes: number;
}

/** What waits of one class: neither class can take the room of the other (§16.12). */
interface Room {
  size: number;
  bytes: number;
}

/** The part of a block that free duties get before all others. */
const dutyPart = 2;

/** The transactions that wait for a block, in order of arrival; of each sender only consecutive nonces. */
export class Mempool {
  readonly #waiting = new Map<string, Waiting>();
  readonly #queues = new Map<string, Queue>();
  readonly #duties: Room = { size: 0, bytes: 0 };
  readonly #paying: Room = { size: 0, bytes: 0 };

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

  /** Throws AssayError TOO_MANY_REQUESTS when there is no room for it (§16.12). */
  requireRoom(entry: Waiting): void {
    const { isFreeDuty } = entry.envelope;
    const { length } = entry.transaction.bytes;
    const queue = this.#queueOf(entry);
    const room = this.#roomOf(entry);
    if (room.size >= limits.maxWaitingTransactions || room.bytes + length > limits.maxWaitingBytes) {
      throw new AssayError('TOO_MANY_REQUESTS', `${this.#waiting.size} transactions wait for a block.`);
    }
    if (isFreeDuty ? hasDutyLike(queue, entry) : isFull(queue, length)) {
      const kinds = isFreeDuty ? ', one of this kind' : '';
      const detail = `${queue.entries.length} transactions of this sender wait for a block${kinds}.`;
      throw new AssayError('TOO_MANY_REQUESTS', detail);
    }
  }

  /** Adds what was found to have room. */
  add(entry: Waiting): void {
    const { sender, feeUnits, isFreeDuty } = entry.envelope;
    const { length } = entry.transaction.bytes;
    const queue = this.#queueOf(entry);
    const room = this.#roomOf(entry);
    queue.entries.push(entry);
    queue.feesUnits += feeUnits;
    if (!isFreeDuty) queue.payingBytes += length;
    this.#queues.set(sender, queue);
    this.#waiting.set(nameOf(entry.transaction.signature), entry);
    room.size += 1;
    room.bytes += length;
  }

  /** The one of these bytes; undefined when it does not wait here. */
  find(bytes: Uint8Array): Waiting | undefined {
    const entry = this.#waiting.get(nameOf(bytes.subarray(...signatureRange)));
    return entry !== undefined && equalBytes(entry.transaction.bytes, bytes) ? entry : undefined;
  }

  /**
   * What fits into a block, and goes on waiting: first, up to half of it, free duties and what their senders have
   * before them, then all others, each in order of arrival. That keeps each sender's nonces in order. Each costs its
   * length and `overheadBytes` of the `maxBytes`, and the first always fits: else a large one might wait for good.
   */
  select(maxTransactions: number, maxBytes: number, overheadBytes: number): Waiting[] {
    const selected = new Set<Waiting>();
    let usedBytes = 0;
    const fill = (entries: Iterable<Waiting>, part: number) => {
      const held = new Set<string>();
      for (const entry of entries) {
        if (selected.has(entry)) continue;
        const { sender } = entry.envelope;
        const size = entry.transaction.bytes.length + overheadBytes;
        // One that does not fit holds back the later ones of its sender, and of nobody else.
        const isTooLarge = selected.size > 0 && usedBytes + size > maxBytes / part;
        if (isTooLarge || selected.size >= maxTransactions / part) held.add(sender);
        if (held.has(sender)) continue;
        usedBytes += size;
        selected.add(entry);
      }
    };
    fill(this.#upToDuties(), dutyPart);
    fill(this.#waiting.values(), 1);
    return [...selected];
  }

  /** Lets go of one that is in a block; it may be there twice. */
  remove(entry: Waiting): void {
    const entries = this.#queues.get(entry.envelope.sender)?.entries ?? [];
    const index = entries.indexOf(entry);
    if (index < 0) return;
    entries.splice(index, 1);
    this.#forget(entry);
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
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#queues.clear();
    for (const room of [this.#duties, this.#paying]) Object.assign(room, { size: 0, bytes: 0 });
    for (const entry of all) entry.reject(error);
  }

  #queueOf({ envelope }: Waiting): Queue {
    return this.#queues.get(envelope.sender) ?? { entries: [], feesUnits: 0n, payingBytes: 0 };
  }

  #roomOf({ envelope }: Waiting): Room {
    return envelope.isFreeDuty ? this.#duties : this.#paying;
  }

  /** Free duties with all that comes before them in the order of nonces. */
  #upToDuties(): Waiting[] {
    const ahead = new Map<string, number>();
    const count = (sender: string, change: number) => ahead.set(sender, (ahead.get(sender) ?? 0) + change);
    for (const { envelope } of this.#waiting.values()) if (envelope.isFreeDuty) count(envelope.sender, 1);
    return [...this.#waiting.values()].filter(({ envelope: { sender, isFreeDuty } }) => {
      const isBefore = (ahead.get(sender) ?? 0) > 0;
      if (isFreeDuty) count(sender, -1);
      return isBefore;
    });
  }

  #forget(entry: Waiting): void {
    const { sender, feeUnits, isFreeDuty } = entry.envelope;
    const { length } = entry.transaction.bytes;
    const room = this.#roomOf(entry);
    this.#waiting.delete(nameOf(entry.transaction.signature));
    room.size -= 1;
    room.bytes -= length;
    const queue = this.#queues.get(sender);
    if (queue === undefined) return;
    queue.feesUnits -= feeUnits;
    if (!isFreeDuty) queue.payingBytes -= length;
    if (queue.entries.length === 0) this.#queues.delete(sender);
  }
}

/** Where a serialised transaction has its signature: after the offset of its content. */
const signatureRange = [4, 68] as const;

/** Of a transaction its signature says which one it is. */
const nameOf = (signature: Uint8Array) => Buffer.from(signature).toString('latin1');

/** No second duty of a kind: the first may make it invalid, which then costs its sender nothing. */
function hasDutyLike({ entries }: Queue, { transaction }: Waiting): boolean {
  const { kind } = transaction.content.body;
  return entries.some((each) => each.envelope.isFreeDuty && each.transaction.content.body.kind === kind);
}

/** The first may spend what the fees of all others were to be paid with, so their bytes are bounded. */
function isFull({ entries, payingBytes }: Queue, bytes: number): boolean {
  return entries.length >= limits.maxWaitingPerSender || payingBytes + bytes > limits.maxWaitingBytesPerSender;
}
