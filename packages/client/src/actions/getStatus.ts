import type { Status } from '../api/schemas.ts';
import { type Connection, call } from '../connection.ts';

/** Where the chain stands. */
export function getStatus(connection: Connection): Promise<Status> {
  return call(connection, 'status');
}
