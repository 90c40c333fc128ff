import { AssayError, type ResultCode, resultCodes, type TransactionAnswer } from '@assay/protocol';
import type { PeerId } from '@assay/roles/ports/network';
import type { Runtime } from '@assay/roles/ports/runtime';
import { type Asking, sendTransactions } from './client.ts';
import type { PeerBook } from './peers.ts';
import { Wake } from './wake.ts';
import { PeerFault } from './wire.ts';

/** What is being handed on: more, and the oldest is given up (§19.6). */
const maxEntries = 8192;
const maxBytes = 32 * 1024 * 1024;
/** Sent in one stream. */
const maxAtOnce = 256;
/** How long a block with it is waited for until another node gets it: first, and at most. */
const firstPauseMs = 2000;
const mostPauseMs = 30_000;
/** How long nobody is asked when nobody answers. */
const nobodyMs = 500;

export interface ForwarderOptions {
  readonly chain: {
    isWaiting(transaction: Uint8Array): boolean;
    drop(transaction: Uint8Array, reason: ResultCode | AssayError): void;
    head(): { readonly globals: { readonly height: number } };
  };
  readonly peers: Pick<PeerBook, 'all' | 'usable' | 'silent' | 'faulty'>;
  readonly asking: Asking;
  readonly runtime: Pick<Runtime, 'timer' | 'monotonicMs'>;
}

interface Entry {
  readonly bytes: Uint8Array;
  /** When the node whose turn it is got it; null while it has not. */
  sentMs: number | null;
  /** Who refused it, with which code. */
  readonly refusals: Map<PeerId, ResultCode>;
}

/**
 * Hands what waits here on to one full node in its order, and all of it to another when no block has it in time, until
 * it waits no longer: it is in a block, has expired, or two nodes refuse it alike (§19.6).
 */
export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #entries = new Set<Entry>();
  readonly #wake: Wake;
  #bytes = 0;
  #turn = 0;
  #pauseMs = firstPauseMs;

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#wake = new Wake(options.runtime);
  }

  /** How many are being handed on. */
  get size(): number {
    return this.#entries.size;
  }

  /** Takes one that began to wait here. */
  add(bytes: Uint8Array): void {
    this.#entries.add({ bytes, sentMs: null, refusals: new Map() });
    this.#bytes += bytes.length;
    for (const oldest of this.#entries) {
      if (this.#entries.size <= maxEntries && this.#bytes <= maxBytes) break;
      const reason = `${this.#entries.size} are on their way to a full node already.`;
      this.#remove(oldest);
      this.#options.chain.drop(oldest.bytes, new AssayError('TOO_MANY_REQUESTS', reason));
    }
    this.#wake.call();
  }

  /** A block is durable: what no longer waits is not handed on any more. */
  onBlock(): void {
    const before = this.#entries.size;
    this.#forget();
    if (this.#entries.size < before) this.#pauseMs = firstPauseMs;
  }

  /** Runs until the signal of `asking` aborts. */
  async run(): Promise<void> {
    const { signal } = this.#options.asking;
    signal.addEventListener('abort', () => this.#wake.call(), { once: true });
    while (!signal.aborted) await this.#round();
  }

  async #round(): Promise<void> {
    this.#forget();
    const { peers, runtime } = this.#options;
    const sent = [...this.#entries].flatMap(({ sentMs }) => sentMs ?? []);
    const dueMs = Math.min(...sent) + this.#pauseMs;
    if (dueMs <= runtime.monotonicMs()) this.#patienceEnds();
    const unsent = [...this.#entries].filter(({ sentMs }) => sentMs === null).slice(0, maxAtOnce);
    if (unsent.length === 0) return this.#wake.wait(Math.min(dueMs - runtime.monotonicMs(), mostPauseMs));
    const usable = peers.usable();
    const peer = usable[this.#turn % usable.length]?.peer;
    if (peer === undefined) return this.#wake.wait(nobodyMs);
    const refused = await this.#send(peer, unsent);
    if (refused === null) this.#nextNode();
    else await this.#askOthers(refused, peer);
  }

  /** What waits goes to the next node, in its order: of one sender it would take no later nonce alone. */
  #nextNode(): void {
    this.#turn += 1;
    for (const entry of this.#entries) entry.sentMs = null;
  }

  #patienceEnds(): void {
    this.#nextNode();
    this.#pauseMs = Math.min(2 * this.#pauseMs, mostPauseMs);
  }

  /** Those that the node refuses and another is to be asked about; null when it did not answer. */
  async #send(peer: PeerId, entries: readonly Entry[]): Promise<Entry[] | null> {
    const { asking, peers } = this.#options;
    const refused: Entry[] = [];
    const bytes = entries.map((entry) => entry.bytes);
    try {
      await sendTransactions(asking, peer, bytes, (index, answer) => {
        const entry = entries[index];
        if (entry !== undefined && this.#isOpen(entry, peer, answer)) refused.push(entry);
      });
      return refused;
    } catch (error) {
      if (asking.signal.aborted) return null;
      if (error instanceof PeerFault) peers.faulty(peer, error.message);
      else peers.silent(peer);
      return null;
    }
  }

  /** One node may lie, so others say what they think of what it refused, until one of them agrees. */
  async #askOthers(refused: readonly Entry[], first: PeerId): Promise<void> {
    let open = refused;
    for (const { peer } of this.#options.peers.usable()) {
      if (open.length === 0) return;
      if (peer !== first) open = (await this.#send(peer, open)) ?? open;
    }
  }

  /** Whether a node refused it and nobody else did so alike. */
  #isOpen(entry: Entry, peer: PeerId, answer: TransactionAnswer): boolean {
    const { chain, peers, runtime } = this.#options;
    entry.sentMs = runtime.monotonicMs();
    const code = this.#refusalIn(answer);
    if (code === null) return false;
    const isAgreed = [...entry.refusals].some(([other, said]) => other !== peer && said === code);
    entry.refusals.set(peer, code);
    if (!isAgreed && peers.all().length > 1) return true;
    this.#remove(entry);
    chain.drop(entry.bytes, code);
    return false;
  }

  /**
   * The code that counts as a refusal. A node that is behind knows less than this one; whether a nonce was used up or
   * the last height has passed, this one sees by itself.
   */
  #refusalIn({ code, height }: TransactionAnswer): ResultCode | null {
    if (code === 'OK' || code === 'BAD_NONCE' || code === 'EXPIRED') return null;
    if (!isResultCode(code) || height <= this.#options.chain.head().globals.height) return null;
    return code;
  }

  #forget(): void {
    for (const entry of this.#entries) if (!this.#options.chain.isWaiting(entry.bytes)) this.#remove(entry);
  }

  #remove(entry: Entry): void {
    if (this.#entries.delete(entry)) this.#bytes -= entry.bytes.length;
  }
}

const isResultCode = (code: string): code is ResultCode => Object.hasOwn(resultCodes, code);
