import type { PeerId } from '@assay/roles/ports/network';

const mebibyte = 1024 * 1024;
/** Bytes that wait to be read: of all streams with one peer, and of those with all. */
export const heldLimits = { ofOne: 64 * mebibyte, ofAll: 512 * mebibyte } as const;

/** How much the streams of each peer make this one keep (§5.29). */
export class HeldBytes {
  readonly #bytes = new Map<PeerId, number>();
  #all = 0;

  get all(): number {
    return this.#all;
  }

  /** Counts so many more, or fewer; false when that is too much of this peer. */
  add(peer: PeerId, more: number): boolean {
    const bytes = (this.#bytes.get(peer) ?? 0) + more;
    if (bytes > 0) this.#bytes.set(peer, bytes);
    else this.#bytes.delete(peer);
    this.#all += more;
    return more <= 0 || bytes <= heldLimits.ofOne;
  }

  /** Whose streams have to go, as all together are too much: that of the one with the most. */
  tooMuch(): PeerId | null {
    if (this.#all <= heldLimits.ofAll) return null;
    const [most] = [...this.#bytes].sort(([, one], [, other]) => other - one);
    return most?.[0] ?? null;
  }
}
