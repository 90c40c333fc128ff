import type { Genesis } from '@assay/protocol';
import { type Connection, call } from '../connection.ts';
import { genesisFromJson } from '../receipt/trust.ts';

/** The genesis of the node's chain. Its tree root is the genesis hash: compare that with one you trust. */
export async function getGenesis(connection: Connection): Promise<Genesis> {
  return genesisFromJson(await call(connection, 'genesis'));
}
