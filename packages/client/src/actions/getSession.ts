import type { Session } from '../api/schemas.ts';
import { type Connection, call } from '../connection.ts';

/** One session. Throws ClientError NOT_FOUND. */
export function getSession(connection: Connection, index: number): Promise<Session> {
  return call(connection, 'session', { path: { index } });
}
