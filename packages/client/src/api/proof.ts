import { proofTables } from '@assay/protocol';
import { z } from 'zod';
import { bytes, bytes32, count } from './scalars.ts';

export type ProofKind = keyof typeof proofTables;
/** What a proof can be asked for: a row of one of the tables that have a word for it. */
export const ProofKind = z.enum(Object.keys(proofTables) as [ProofKind]);

/** One row of the state after the last block, with what leads from it to that block's state root. */
export const RowProofJson = z.object({
  header: z.object({
    height: count,
    timeMs: count,
    parentRoot: bytes32,
    transactionsRoot: bytes32,
    stateRoot: bytes32,
  }),
  table: z.string().describe('Name of the table in the state.'),
  index: count,
  row: bytes.describe('The row, as SSZ.'),
  path: z.array(bytes32).describe('Merkle siblings from the row up to the state root, lowest first.'),
});
export type RowProofJson = z.infer<typeof RowProofJson>;
