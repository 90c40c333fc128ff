import type { BlockResult } from '@assay/ledger';
import {
  type Block,
  type BodyKind,
  type BodyValues,
  type LedgerEvent,
  type Receipt,
  type Ref,
  Transaction,
} from '@assay/protocol';
import { equalBytes } from '@assay/ssz';

/** Where a receipt stands on the chain. */
export interface ReceiptLocation {
  readonly height: number;
  readonly transaction: number;
  /** Its index in the batch. */
  readonly index: number;
  readonly mixer: Ref<'mixers'>;
  readonly receipt: Receipt;
}

/** The receipts a block certified, in order. */
export function certifiedIn(block: Block, result: BlockResult): ReceiptLocation[] {
  const locations: ReceiptLocation[] = [];
  for (const event of result.events) {
    if (event.type !== 'taskCertified') continue;
    const { transaction, receipt: index, mixer } = event;
    const receipt = bodyOf(block, transaction, 'certifiedBatch')?.receipts[index];
    if (receipt !== undefined) locations.push({ height: result.height, transaction, index, mixer, receipt });
  }
  return locations;
}

/** The receipt of one task, when this block certified it. */
export function certifiedTask(block: Block, result: BlockResult, taskId: Uint8Array): ReceiptLocation | null {
  const isIt = (event: LedgerEvent) => event.type === 'taskCertified' && equalBytes(event.taskId, taskId);
  if (!result.events.some(isIt)) return null;
  return certifiedIn(block, result).find(({ receipt }) => equalBytes(receipt.taskId, taskId)) ?? null;
}

/** The body of a transaction of a block when it is of that kind; null otherwise. */
export function bodyOf<Kind extends BodyKind>(block: Block, transaction: number, kind: Kind): BodyValues[Kind] | null {
  const bytes = block.transactions[transaction];
  if (bytes === undefined) return null;
  const { body } = Transaction.deserialize(bytes).content;
  return body.kind === kind ? (body.value as BodyValues[Kind]) : null;
}
