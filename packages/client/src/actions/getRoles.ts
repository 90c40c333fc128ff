import type { LocalRoles } from '../api/local.ts';
import { type Connection, call } from '../connection.ts';

/** The roles that run in the node's process. */
export function getRoles(connection: Connection): Promise<LocalRoles> {
  return call(connection, 'roles');
}
