import type { RolePage } from '../api/schemas.ts';
import { type Connection, call } from '../connection.ts';
import type { PageOptions } from './pageOptions.ts';

/** The oracles, by index. */
export function getOracles(connection: Connection, page: PageOptions = {}): Promise<RolePage> {
  return call(connection, 'oracles', { query: { ...page } });
}
