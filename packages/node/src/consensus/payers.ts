import type { Ledger, SignedTransaction } from '@assay/ledger';
import type { BodyKind, ResultCode } from '@assay/protocol';

/** What one sender has in a block so far. */
interface Promised {
  nonce: number;
  feesUnits: bigint;
  readonly duties: Set<BodyKind>;
}

/**
 * Whether the transactions of a block, one after the other, are paid for by the state before it (§18.7): what the
 * ledger would refuse without taking a fee fills blocks, disks and lines for nothing.
 */
export class Payers {
  readonly #ledger: Ledger;
  readonly #promised = new Map<string, Promised>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** OK, and then it is counted; or with which code it would cost nothing. */
  code(transaction: SignedTransaction): ResultCode {
    const { state } = this.#ledger;
    const { content, sender } = transaction;
    const { publicKey, nonce, validUntil, feeUnits, body } = content;
    const name = Buffer.from(publicKey).toString('latin1');
    const before = this.#promised.get(name) ?? { nonce: state.nonceOf(sender), feesUnits: 0n, duties: new Set() };
    if (validUntil <= state.globals.height) return 'EXPIRED';
    if (nonce !== before.nonce) return 'BAD_NONCE';
    const feesUnits = before.feesUnits + feeUnits;
    // One free duty of a kind: the first may make the second invalid, which then costs nothing.
    const isFree = feeUnits === 0n && !before.duties.has(body.kind) && this.#ledger.isFreeDuty(transaction);
    if (!isFree && feeUnits < state.params.transactionFeeUnits) return 'FEE_TOO_LOW';
    if (state.balanceOf(sender) < feesUnits) return 'CANNOT_PAY_FEE';
    if (isFree) before.duties.add(body.kind);
    this.#promised.set(name, { nonce: nonce + 1, feesUnits, duties: before.duties });
    return 'OK';
  }
}
