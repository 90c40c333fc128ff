import type { ModelPage } from '../api/schemas.ts';
import { type Connection, call } from '../connection.ts';
import type { PageOptions } from './pageOptions.ts';

/** The registered models, by index. */
export function getModels(connection: Connection, page: PageOptions = {}): Promise<ModelPage> {
  return call(connection, 'models', { query: { ...page } });
}
