import type { RolePage } from '../api/schemas.ts';
import { type Connection, call } from '../connection.ts';
import type { PageOptions } from './pageOptions.ts';

/** The gateways, by index. */
export function getGateways(connection: Connection, page: PageOptions = {}): Promise<RolePage> {
  return call(connection, 'gateways', { query: { ...page } });
}
