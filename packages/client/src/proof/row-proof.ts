import { RowProof } from '@assay/protocol';
import type { RowProofJson } from '../api/proof.ts';
import { ClientError } from '../errors.ts';

/** The JSON form of a proof, as files and the node API carry it. */
export function rowProofToJson(proof: RowProof): RowProofJson {
  return RowProof.toJson(proof) as RowProofJson;
}

/** Reads the JSON form. Throws `ClientError` BAD_PROOF that names what is wrong. */
export function rowProofFromJson(json: unknown): RowProof {
  try {
    return RowProof.fromJson(json);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new ClientError('BAD_PROOF', `This is not a proof: ${detail}.`, { cause });
  }
}
