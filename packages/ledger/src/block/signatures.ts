import type { LedgerEvent, ResultCode } from '@assay/protocol';

/** What a transaction is refused with only because a signature in it does not hold. */
const codesOfSignatures: ReadonlySet<ResultCode> = new Set<ResultCode>([
  'BAD_SIGNATURE',
  'BAD_POSSESSION',
  'BAD_REVEAL',
  'BAD_CERTIFICATE',
  'REPORT_BAD_REVEAL',
  'BAD_EVIDENCE',
]);

/**
 * Whether a block may have done what it did because a signature did not hold: a verifier that trusts would then come to
 * another state. A ticket that is none proves an offence (§7.4), so a case of that kind counts too.
 */
export function restsOnFalseSignature(result: {
  readonly codes: readonly ResultCode[];
  readonly events: readonly LedgerEvent[];
}): boolean {
  const isCase = (event: LedgerEvent) => event.type === 'caseOpened' && event.cause === 'invalidItem';
  return result.codes.some((code) => codesOfSignatures.has(code)) || result.events.some(isCase);
}
