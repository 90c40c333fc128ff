import { headerOf } from '@assay/protocol';
import type { ChainStore } from '../../store/store.ts';

/** For how long CometBFT takes proofs of what a validator did: until a block is older by both. */
export interface EvidenceAge {
  readonly blocks: number;
  readonly ms: number;
}

export const defaultEvidenceAge: EvidenceAge = { blocks: 100_000, ms: 48 * 3_600_000 };

/** CometBFT writes to the disk twice for each time that it lets go of blocks. */
const stepBlocks = 20;

export interface RetentionOptions {
  readonly store: Pick<ChainStore, 'height' | 'base' | 'blockAt' | 'snapshotHeights'>;
  readonly evidenceAge: EvidenceAge;
  /** The first height whose seal the store has not; 0 while that is unknown. */
  readonly unsealed: () => number;
}

/** §18.13 Which blocks CometBFT has to keep. The node's own store keeps all of them. */
export class Retention {
  readonly #options: RetentionOptions;
  /** The last height that is known to be too old for evidence. */
  #expired = 0;
  #keptFrom = 0;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** The lowest height that CometBFT was told to keep; 0 while it keeps all. */
  get keptFrom(): number {
    return this.#keptFrom;
  }

  /** The lowest height that CometBFT has to keep after the last durable block. */
  next(): number {
    const { store, unsealed } = this.#options;
    if (store.height % stepBlocks === 0) {
      // What the chain here began with is kept for good, and nobody else begins with it.
      const offered = store.snapshotHeights().filter((height) => height !== store.base);
      this.#keptFrom = Math.max(this.#keptFrom, Math.min(this.#inEvidenceAge(), unsealed(), ...offered));
    }
    return this.#keptFrom;
  }

  #inEvidenceAge(): number {
    const { store, evidenceAge } = this.#options;
    const { height, base } = store;
    const nowMs = this.#timeMsAt(height);
    let [old, young] = [Math.max(this.#expired, base), Math.max(height - evidenceAge.blocks, base + 1)];
    while (young - old > 1) {
      const middle = Math.floor((old + young) / 2);
      if (nowMs - this.#timeMsAt(middle) > evidenceAge.ms) old = middle;
      else young = middle;
    }
    this.#expired = old;
    return old + 1;
  }

  #timeMsAt(height: number): number {
    const block = this.#options.store.blockAt(height);
    if (block === null) throw new Error(`there is no block ${height}`);
    return headerOf(block).timeMs;
  }
}
