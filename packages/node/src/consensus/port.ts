import type { BlockResult, Ledger, LedgerEvent } from '@assay/ledger';
import type { Block, ResultCode } from '@assay/protocol';

/** A block that is durable, with what it did. */
export interface CommittedBlock {
  readonly block: Block;
  readonly root: Uint8Array;
  readonly result: BlockResult;
}

/** What became of a submitted transaction. */
export interface Inclusion {
  readonly code: ResultCode;
  readonly height: number;
  /** What it caused. */
  readonly events: readonly LedgerEvent[];
}

/** Orders transactions into blocks and applies them to the one ledger object of the node. */
export interface Engine {
  readonly ledger: Ledger;
  /**
   * Offers a serialised transaction. Resolves once it is in a durable block, or at once with height 0 when the
   * mempool refuses it (the code says why). Rejects with AssayError TOO_MANY_REQUESTS when the mempool is full.
   */
  submit(transaction: Uint8Array): Promise<Inclusion>;
  /** Calls `listener` after each durable block, in order; returns the function that ends this. */
  onBlock(listener: (committed: CommittedBlock) => void): () => void;
  /** The serialised block at a height; null when there is none. */
  blockAt(height: number): Uint8Array | null;
  /** Resolves when the ledger stands at a durable block: while one is being written it is ahead of the disk. */
  durable(): Promise<void>;
  start(): void;
  /** Finishes the block in hand, then makes no more. */
  stop(): Promise<void>;
}
