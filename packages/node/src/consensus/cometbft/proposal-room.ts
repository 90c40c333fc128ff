import { limits } from '@assay/protocol';

const leastBytes = 64 * 1024;

/** How large a proposal may be, so that applying it takes no more than half of a block's time. */
export class ProposalRoom {
  #bytes: number = limits.maxBlockBytes;

  get bytes(): number {
    return this.#bytes;
  }

  /** What a block of so many bytes took, of the time there is for one. */
  learn(bytes: number, tookMs: number, blockTimeMs: number): void {
    const isSlow = 2 * tookMs > blockTimeMs;
    if (!isSlow) this.#bytes = Math.min(limits.maxBlockBytes, Math.floor(this.#bytes * 1.25));
    // A small block is slow for another reason, such as the end of an epoch.
    else if (bytes > leastBytes) {
      const fitting = Math.floor((bytes * blockTimeMs) / (2 * tookMs));
      this.#bytes = Math.max(leastBytes, Math.min(this.#bytes, fitting));
    }
  }
}
