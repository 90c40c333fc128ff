import { formatUnits } from '@assay/client';
import type { LedgerEvent } from '@assay/protocol';

type Rejected = Extract<LedgerEvent, { readonly type: 'taskRejected' }>;

/** What is said of an answer that was refunded without an audit, since others to the same request differ (§7.11). */
export function unlikeAnswer(miner: string, { reason, refundedUnits }: Rejected): string {
  const who = reason === 'outlier' ? 'most of the other answers agree without it' : 'no majority of the answers agrees';
  const refund = `${formatUnits(refundedUnits)} units went back to the payer`;
  return `The answer of ${miner} is unlike the others and cannot be re-checked, and ${who}; ${refund}.`;
}
