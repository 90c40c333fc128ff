import type { Committee } from '../api/schemas.ts';
import { type Connection, call } from '../connection.ts';

/** The active mixers and their keys: what a receipt is checked against. */
export function getCommittee(connection: Connection): Promise<Committee> {
  return call(connection, 'committee');
}
