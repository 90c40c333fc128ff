import type { MixerPage } from '../api/schemas.ts';
import { type Connection, call } from '../connection.ts';
import type { PageOptions } from './pageOptions.ts';

/** The mixers, by index. */
export function getMixers(connection: Connection, page: PageOptions = {}): Promise<MixerPage> {
  return call(connection, 'mixers', { query: { ...page } });
}
