import type { PeerId } from '@assay/roles/ports/network';
import type { Cancel, Runtime } from '@assay/roles/ports/runtime';
import type { Turns } from './turns.ts';

const tickMs = 500;
/** The first wait after a dial that failed, and the longest; each is twice the one before. */
const firstWaitMs = 1000;
const longestWaitMs = 10_000;
/**
 * Dials at the same time of all keys of a machine. Each computes for milliseconds: where too many share a busy core,
 * none of them ends in time, and all begin again.
 */
export const mostDials = 16;

export interface Dialler {
  readonly isConnected: (peer: PeerId) => boolean;
  /** Rejects when the peer is not reached. */
  readonly dial: (peer: PeerId) => Promise<void>;
}

export interface KeepParts {
  readonly runtime: Pick<Runtime, 'timer' | 'monotonicMs'>;
  /** Shared by all that dial on this machine. */
  readonly turns: Turns;
}

/** Dials those who are to be connected, and again with longer waits, for as long as it is not stopped. */
export class KeepConnected {
  readonly #runtime: Pick<Runtime, 'timer' | 'monotonicMs'>;
  readonly #turns: Turns;
  readonly #dialler: Dialler;
  readonly #peers: () => readonly PeerId[];
  /** Those that were not reached. */
  #waits = new Map<PeerId, { readonly waitMs: number; readonly untilMs: number }>();
  readonly #dialling = new Set<PeerId>();
  #cancel: Cancel = () => {};
  #failed = 0;
  #isStopped = false;

  constructor(parts: KeepParts, dialler: Dialler, peers: () => readonly PeerId[]) {
    this.#runtime = parts.runtime;
    this.#turns = parts.turns;
    this.#dialler = dialler;
    this.#peers = peers;
  }

  /** Dials that did not reach their peer. */
  get failed(): number {
    return this.#failed;
  }

  start(): void {
    const peers = new Set(this.#peers());
    this.#waits = new Map([...this.#waits].filter(([peer]) => peers.has(peer)));
    for (const peer of peers) if (this.#isDue(peer)) void this.#dial(peer);
    this.#cancel = this.#runtime.timer(tickMs, () => this.start());
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  #isDue(peer: PeerId): boolean {
    if (this.#dialling.has(peer) || this.#dialler.isConnected(peer)) return false;
    return (this.#waits.get(peer)?.untilMs ?? 0) <= this.#runtime.monotonicMs();
  }

  async #dial(peer: PeerId): Promise<void> {
    this.#dialling.add(peer);
    try {
      await this.#turns.take(() => this.#inTurn(peer));
      this.#waits.delete(peer);
    } catch {
      this.#failed++;
      const before = this.#waits.get(peer)?.waitMs;
      const waitMs = Math.min(longestWaitMs, before === undefined ? firstWaitMs : 2 * before);
      this.#waits.set(peer, { waitMs, untilMs: this.#runtime.monotonicMs() + waitMs });
    } finally {
      this.#dialling.delete(peer);
    }
  }

  /** Who waits for a turn may have been dialled by the peer meanwhile. */
  async #inTurn(peer: PeerId): Promise<void> {
    if (!this.#isStopped && !this.#dialler.isConnected(peer)) await this.#dialler.dial(peer);
  }
}
