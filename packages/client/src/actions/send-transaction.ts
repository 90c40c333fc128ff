import type { Applied } from '../api/schemas.ts';
import { type Connection, call } from '../connection.ts';

/**
 * Offers a serialised, signed transaction and waits until it is in a durable block. Throws ClientError with the
 * result code when the network refuses it.
 */
export function sendTransaction(connection: Connection, transaction: Uint8Array): Promise<Applied> {
  return call(connection, 'transactions', { body: transaction });
}
