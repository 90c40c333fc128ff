import type { Epoch } from '../api/schemas.ts';
import { type Connection, call } from '../connection.ts';

/** What a closed epoch paid, to whom and why. Throws ClientError NOT_FOUND while it is open. */
export function getEpoch(connection: Connection, epoch: number): Promise<Epoch> {
  return call(connection, 'epoch', { path: { epoch } });
}
