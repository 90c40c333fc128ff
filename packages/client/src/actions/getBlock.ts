import type { BlockDetail } from '../api/schemas.ts';
import { type Connection, call } from '../connection.ts';

/** One block and what it did. Throws ClientError NOT_FOUND beyond the last one. */
export function getBlock(connection: Connection, height: number): Promise<BlockDetail> {
  return call(connection, 'block', { path: { height } });
}
