import type { ReceiptJson } from '../api/receipt.ts';
import type { Pending } from '../api/schemas.ts';
import { type Connection, callPending } from '../connection.ts';

/**
 * The portable receipt of a task, as it is kept in a file; `Pending` until the task is in a block. Check it with
 * `verifyReceipt`. Throws ClientError NOT_FOUND.
 */
export function getReceipt(connection: Connection, taskId: string): Promise<ReceiptJson | Pending> {
  return callPending(connection, 'receipt', { path: { taskId } });
}
