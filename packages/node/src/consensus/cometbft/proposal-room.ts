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
    if (2 * tookMs > blockTimeMs) this.#bytes = Math.max(leastBytes, Math.min(this.#bytes, bytes) / 2);
    else this.#bytes = Math.min(limits.maxBlockBytes, this.#bytes * 1.25);
  }
}
