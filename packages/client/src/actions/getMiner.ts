import type { Miner } from '../api/schemas.ts';
import { type Connection, call } from '../connection.ts';

/** One miner. Throws ClientError NOT_FOUND. */
export function getMiner(connection: Connection, index: number): Promise<Miner> {
  return call(connection, 'miner', { path: { index } });
}
