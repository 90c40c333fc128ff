import type { MinerPage } from '../api/schemas.ts';
import { type Connection, call } from '../connection.ts';
import type { PageOptions } from './pageOptions.ts';

/** The registered miners, by index. */
export function getMiners(connection: Connection, page: PageOptions = {}): Promise<MinerPage> {
  return call(connection, 'miners', { query: { ...page } });
}
