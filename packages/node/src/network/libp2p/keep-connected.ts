import type { PeerId } from '@assay/roles/ports/network';
import type { Cancel, Runtime } from '@assay/roles/ports/runtime';
import type { Turns } from './turns.ts';

const tickMs = 500;
/** The first wait after a dial that failed; each is twice the one before, up to the longest. */
const firstWaitMs = 1000;
const longestWaitMs = 60_000;
/**
 * Where a peer was found so lately it may soon be back, and is looked for more often. At its other addresses may be
 * somebody who never asked to be dialled.
 */
const returnWaitMs = 2000;
const returnMs = 600_000;
/**
 * Dials at the same time of all keys of a machine. Each computes for milliseconds: where too many share a busy core,
 * none of them ends in time, and all begin again.
 */
export const mostDials = 16;

export interface Dialler {
  readonly isConnected: (peer: PeerId) => boolean;
  /** Whether it is connected by a dial to this address. */
  readonly isAt: (peer: PeerId, address: string) => boolean;
  /** Dials a peer, at this address alone or at all it has; gives where it was found. Rejects when it is not. */
  readonly dial: (peer: PeerId, address: string | null) => Promise<string | null>;
}

/** Where a peer was found, when it was last there, and when that is looked for again. */
interface Found {
  readonly address: string;
  readonly atMs: number;
  readonly againAtMs: number;
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
  #found = new Map<PeerId, Found>();
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
    this.#found = new Map([...this.#found].filter(([peer]) => peers.has(peer)));
    const nowMs = this.#runtime.monotonicMs();
    for (const peer of peers) this.#look(peer, nowMs);
    this.#cancel = this.#runtime.timer(tickMs, () => this.start());
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  #look(peer: PeerId, nowMs: number): void {
    const found = this.#found.get(peer);
    if (this.#dialler.isConnected(peer)) {
      // Who has dialled from elsewhere is not there.
      const isThere = found !== undefined && this.#dialler.isAt(peer, found.address);
      if (isThere) this.#found.set(peer, { ...found, atMs: nowMs });
      return;
    }
    if (this.#dialling.has(peer)) return;
    if ((this.#waits.get(peer)?.untilMs ?? 0) <= nowMs) void this.#dial(peer, null);
    else if (found !== undefined && found.againAtMs <= nowMs && nowMs - found.atMs <= returnMs) {
      void this.#dial(peer, found.address);
    }
  }

  async #dial(peer: PeerId, address: string | null): Promise<void> {
    this.#dialling.add(peer);
    try {
      await this.#turns.take(() => this.#inTurn(peer, address));
      this.#waits.delete(peer);
    } catch {
      this.#failed++;
      const nowMs = this.#runtime.monotonicMs();
      const found = this.#found.get(peer);
      if (found !== undefined) this.#found.set(peer, { ...found, againAtMs: nowMs + returnWaitMs });
      if (address === null) this.#wait(peer, nowMs);
    } finally {
      this.#dialling.delete(peer);
    }
  }

  #wait(peer: PeerId, nowMs: number): void {
    const before = this.#waits.get(peer)?.waitMs;
    const waitMs = Math.min(longestWaitMs, before === undefined ? firstWaitMs : 2 * before);
    this.#waits.set(peer, { waitMs, untilMs: nowMs + waitMs });
  }

  /** Who waits for a turn may have been dialled by the peer meanwhile. */
  async #inTurn(peer: PeerId, address: string | null): Promise<void> {
    if (this.#isStopped || this.#dialler.isConnected(peer)) return;
    const place = await this.#dialler.dial(peer, address);
    const atMs = this.#runtime.monotonicMs();
    if (place !== null) this.#found.set(peer, { address: place, atMs, againAtMs: atMs });
  }
}
