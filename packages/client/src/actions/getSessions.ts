import type { SessionPage } from '../api/schemas.ts';
import { type Connection, call } from '../connection.ts';
import type { PageOptions } from './pageOptions.ts';

/** The sessions, by index. */
export function getSessions(connection: Connection, page: PageOptions = {}): Promise<SessionPage> {
  return call(connection, 'sessions', { query: { ...page } });
}
