import type { PeerId } from '@assay/roles/ports/network';
import type { Cancel, Runtime } from '@assay/roles/ports/runtime';

const tickMs = 500;
/** The first wait after a dial that failed, and the longest; each is twice the one before. */
const firstWaitMs = 1000;
const longestWaitMs = 60_000;
/** Dials at the same time. */
const mostDials = 16;

export interface Dialler {
  readonly isConnected: (peer: PeerId) => boolean;
  /** Rejects when the peer is not reached. */
  readonly dial: (peer: PeerId) => Promise<void>;
}

/** Dials those who are to be connected, and again with longer waits, for as long as it is not stopped. */
export class KeepConnected {
  readonly #runtime: Pick<Runtime, 'timer' | 'monotonicMs'>;
  readonly #dialler: Dialler;
  readonly #peers: () => readonly PeerId[];
  /** Those that were not reached. */
  #waits = new Map<PeerId, { readonly waitMs: number; readonly untilMs: number }>();
  readonly #dialling = new Set<PeerId>();
  #cancel: Cancel = () => {};
  #failed = 0;

  constructor(runtime: Pick<Runtime, 'timer' | 'monotonicMs'>, dialler: Dialler, peers: () => readonly PeerId[]) {
    this.#runtime = runtime;
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
    this.#cancel();
  }

  #isDue(peer: PeerId): boolean {
    if (this.#dialling.size >= mostDials || this.#dialling.has(peer) || this.#dialler.isConnected(peer)) return false;
    return (this.#waits.get(peer)?.untilMs ?? 0) <= this.#runtime.monotonicMs();
  }

  async #dial(peer: PeerId): Promise<void> {
    this.#dialling.add(peer);
    try {
      await this.#dialler.dial(peer);
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
}
