import type { RowProofJson } from '../api/proof.ts';
import { type Connection, call } from '../connection.ts';
import type { ProofQuestion } from '../proof/verifyProof.ts';

/**
 * The proof of a row of the state after the last durable block; read it with `rowProofFromJson` and believe it only
 * after `verifyProof`. Throws ClientError NOT_FOUND.
 */
export function getProof(connection: Connection, { kind, id }: ProofQuestion): Promise<RowProofJson> {
  return call(connection, 'proof', { path: { kind, id } });
}
