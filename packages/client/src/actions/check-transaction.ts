import type { Checked } from '../api/schemas.ts';
import { type Connection, call } from '../connection.ts';

/** The code a serialised, signed transaction would get in the next block; nothing is sent to the network. */
export function checkTransaction(connection: Connection, transaction: Uint8Array): Promise<Checked> {
  return call(connection, 'checkTransaction', { body: transaction });
}
