import type { BodyKind, LedgerEvent, ResultCode } from '@assay/protocol';

export interface TransactionResult {
  readonly code: ResultCode;
  /** Null when the bytes are no transaction. */
  readonly kind: BodyKind | null;
  readonly sender: Uint8Array | null;
  /** What it caused, in order; they stand in the block's events too. */
  readonly events: readonly LedgerEvent[];
}

export interface BlockResult {
  readonly height: number;
  readonly stateRoot: Uint8Array;
  /** One per transaction, in order. */
  readonly transactions: readonly TransactionResult[];
  readonly events: readonly LedgerEvent[];
}
