import type { LocalRole } from '../api/local.ts';
import { type Connection, call } from '../connection.ts';

/** Stops or starts a role of the node's process. Throws ClientError NOT_FOUND, or FORBIDDEN without the admin token. */
export function setRole(
  connection: Connection,
  role: { readonly name: string; readonly running: boolean; readonly adminToken: string },
): Promise<LocalRole> {
  const { name, running, adminToken } = role;
  return call(connection, running ? 'startRole' : 'stopRole', { path: { name }, adminToken });
}
