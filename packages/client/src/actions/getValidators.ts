import type { RolePage } from '../api/schemas.ts';
import { type Connection, call } from '../connection.ts';
import type { PageOptions } from './pageOptions.ts';

/** The validators, by index. */
export function getValidators(connection: Connection, page: PageOptions = {}): Promise<RolePage> {
  return call(connection, 'validators', { query: { ...page } });
}
