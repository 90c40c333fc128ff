import type { LedgerEvent, ResultCode } from '@assay/protocol';
import type { LedgerState } from '../state/state.ts';
import type { Verifier } from '../state/verifier.ts';

/** Who sends a transaction, and into which block. */
export interface TransactionContext {
  /** Height of the block the transaction is in, or would be. */
  readonly height: number;
  readonly sender: Uint8Array;
  /** The key that signed; the sender is its address. */
  readonly publicKey: Uint8Array;
  /** What the sender can still spend once the fee is paid. */
  readonly availableUnits: bigint;
  /** Index of the transaction in its block. */
  readonly transaction: number;
  readonly verifier: Verifier;
}

/** The rule of one kind of transaction. */
export interface TransactionRule<Body> {
  /** Whether the role with this key owes this message to the network and may send it without a fee (§1.6). */
  readonly isDuty?: (state: LedgerState, body: Body, publicKey: Uint8Array) => boolean;
  /** The first code that applies; changes nothing. */
  readonly validate: (state: LedgerState, body: Body, context: TransactionContext) => ResultCode;
  /** Carries out a transaction that was found valid against this very state. */
  readonly apply: (state: LedgerState, body: Body, context: TransactionContext) => readonly LedgerEvent[];
}
