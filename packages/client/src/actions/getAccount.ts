import type { Account } from '../api/schemas.ts';
import { type Connection, call } from '../connection.ts';

/** What an account holds. Throws ClientError NOT_FOUND for an address that never held anything. */
export function getAccount(connection: Connection, address: string): Promise<Account> {
  return call(connection, 'account', { path: { address } });
}
