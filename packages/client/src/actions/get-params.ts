import { Params } from '@assay/protocol';
import { type Connection, call } from '../connection.ts';

/** The parameters in force: those of the genesis with every change that a vote made. */
export async function getParams(connection: Connection): Promise<Params> {
  return Params.fromJson(await call(connection, 'params'));
}
