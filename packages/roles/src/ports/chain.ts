import type { BlockResult, LedgerView } from '@assay/ledger';
import type { Block, ChainIdentity, LedgerEvent, Offence, ResultCode, RowProof, TableName } from '@assay/protocol';

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

/** The chain as roles and the node API have it: they read its head and offer transactions. */
export interface Chain {
  readonly identity: ChainIdentity;
  /**
   * The state after the last durable block, which stays as it is. Take it again after every wait, unless two readings
   * must be of one height.
   */
  head(): LedgerView;
  /** Root of `head()` (§2.2). */
  stateRoot(): Uint8Array;
  /** Whether `head()` is as far as the network is, as far as this node knows: roles are silent until then. */
  isCurrent(): boolean;
  /** The code a transaction would get as the first of the block of a height, the one after `head()`. */
  check(transaction: Uint8Array): Promise<Pick<Inclusion, 'code' | 'height'>>;
  /** A row of `head()` with its path to the root (§2.6), found by `indexOf`; null when there is none, or no block. */
  prove(table: TableName, indexOf: (head: LedgerView) => number | undefined): Promise<RowProof | null>;
  /**
   * Offers a serialised transaction. Resolves once it is in a durable block, or at once with height 0 when the
   * mempool refuses it (the code says why). Rejects with AssayError TOO_MANY_REQUESTS when the mempool is full.
   */
  submit(transaction: Uint8Array): Promise<Inclusion>;
  /**
   * Offers it for whoever does not wait for its block. Resolves once it waits, here or already, or was refused, with
   * the height it was held against. Rejects as `submit` does.
   */
  offer(transaction: Uint8Array): Promise<Pick<Inclusion, 'code' | 'height'>>;
  /** Calls `listener` after each durable block, in order; returns the function that ends this. */
  onBlock(listener: (committed: CommittedBlock) => void): () => void;
  /** Calls `listener` with each height whose block has its seal from now on; returns the function that ends this. */
  onSealed(listener: (height: number) => void): () => void;
  /** Calls `listener` with what proves each offence that this node notices; returns the function that ends this. */
  onOffence(listener: (offence: Offence) => void): () => void;
  /** The serialised block at a height; null when there is none. */
  blockAt(height: number): Uint8Array | null;
  /** The serialised seal of that block; null while there is none. */
  sealAt(height: number): Uint8Array | null;
  /** What became of its transactions, in order; null when there is none, or this is not known. */
  codesAt(height: number): readonly ResultCode[] | null;
}

/** Decides which block comes next and when: on a timer in this process, or with other nodes. */
export interface Engine {
  readonly chain: Chain;
  start(): void;
  /** Finishes the block in hand, then makes no more. */
  stop(): Promise<void>;
}
