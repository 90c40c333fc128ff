import type { Ledger, Verifier } from '@assay/ledger';
import type { ResultCode } from '@assay/protocol';
import type { Envelope, Mempool, Waiting } from './mempool.ts';

interface AdmissionParts {
  readonly ledger: Ledger;
  readonly mempool: Mempool;
  readonly verifier: Verifier;
}

/**
 * §16.12 What the mempool says to a transaction: the ledger's code, except that it may follow others that wait. Those
 * may make the body of one that pays valid; a free one has to be valid without them.
 */
export function admissionCode(
  { ledger, mempool, verifier }: AdmissionParts,
  { transaction, envelope }: Pick<Waiting, 'transaction' | 'envelope'>,
): ResultCode {
  const promises = mempool.promisesOf(envelope.sender);
  if (promises === null || envelope.isFreeDuty) return ledger.check(transaction, verifier, promises?.nextNonce);
  const code = ledger.check(transaction, verifier);
  const isWellSigned = code === 'OK' || code === 'BAD_NONCE';
  if (!isWellSigned) return code;
  if (envelope.nonce !== promises.nextNonce) return 'BAD_NONCE';
  return promiseCode(ledger, envelope, promises.feesUnits);
}

/** Keeps out what would fill blocks for nothing, as its fee could not be charged when its turn comes. */
function promiseCode({ state }: Ledger, { address, feeUnits }: Envelope, promisedUnits: bigint): ResultCode {
  if (feeUnits < state.params.transactionFeeUnits) return 'FEE_TOO_LOW';
  return state.balanceOf(address) < promisedUnits + feeUnits ? 'CANNOT_PAY_FEE' : 'OK';
}
