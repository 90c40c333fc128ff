import { BatchHeader, Receipt } from '@assay/protocol';
import { z } from 'zod';
import { bytes, bytes32, count, signature96 } from './scalars.ts';
import { schemaOf, shapeOf } from './schema-of.ts';

const receipt = shapeOf(Receipt);
const { taskId: _id, kind: _kind, outcome: _outcome, similarityPpb: _similarity, ...fields } = receipt;
/** What a receipt says of its task, but for its words and what the other replicas say of it. */
export const certifiedFields = fields;

/** A receipt that proves itself with nothing but the committee's keys. */
export const ReceiptJson = z.object({
  chainId: z.string(),
  genesisHash: bytes32,
  height: count,
  receipt: z.object(receipt),
  index: count,
  path: z.array(bytes32),
  certificate: z.object({
    header: schemaOf(BatchHeader),
    signers: bytes,
    signature: signature96,
  }),
});
export type ReceiptJson = z.infer<typeof ReceiptJson>;
