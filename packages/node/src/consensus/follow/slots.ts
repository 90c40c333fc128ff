import type { PeerId } from '@assay/roles/ports/network';

/** Room for what is served at once: to one peer, and to all. */
export class Slots {
  readonly #limits: { readonly perPeer: number; readonly inAll: number };
  readonly #taken = new Map<PeerId, number>();
  #all = 0;

  constructor(limits: { readonly perPeer: number; readonly inAll: number }) {
    this.#limits = limits;
  }

  /** Whether there was room, which is now taken. */
  take(peer: PeerId): boolean {
    const taken = this.#taken.get(peer) ?? 0;
    if (taken >= this.#limits.perPeer || this.#all >= this.#limits.inAll) return false;
    this.#taken.set(peer, taken + 1);
    this.#all += 1;
    return true;
  }

  free(peer: PeerId): void {
    const taken = this.#taken.get(peer) ?? 0;
    if (taken > 1) this.#taken.set(peer, taken - 1);
    else this.#taken.delete(peer);
    this.#all -= 1;
  }
}
