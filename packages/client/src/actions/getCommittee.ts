import type { Committee } from '../api/committee.ts';
import { type Connection, call } from '../connection.ts';

/** The committee of an epoch, or the present one, and its keys: what a receipt is checked against. */
export function getCommittee(connection: Connection, options: { readonly epoch?: number } = {}): Promise<Committee> {
  return call(connection, 'committee', { query: { ...options } });
}
