import type { BlockPage } from '../api/schemas.ts';
import { type Connection, call } from '../connection.ts';
import type { PageOptions } from './pageOptions.ts';

/** Blocks in rising height, from the height `from`. */
export function getBlocks(connection: Connection, page: PageOptions = {}): Promise<BlockPage> {
  return call(connection, 'blocks', { query: { ...page } });
}
