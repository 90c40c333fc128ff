import type { Account } from '../api/schemas.ts';
import { type Connection, call } from '../connection.ts';

/** What an account holds. An address that holds nothing is not an error. */
export function getAccount(connection: Connection, address: string): Promise<Account> {
  return call(connection, 'account', { path: { address } });
}
