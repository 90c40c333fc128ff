import type { DomainPage } from '../api/schemas.ts';
import { type Connection, call } from '../connection.ts';
import type { PageOptions } from './pageOptions.ts';

/** The domains, by index. */
export function getDomains(connection: Connection, page: PageOptions = {}): Promise<DomainPage> {
  return call(connection, 'domains', { query: { ...page } });
}
