import { Outcome, TaskKind } from '@assay/protocol';
import { z } from 'zod';
import { bytes, bytes32, count, signature96, units } from './scalars.ts';

/** What a receipt says of its task. */
export const certifiedFields = {
  session: count,
  model: count,
  miner: count,
  gateway: count,
  drawHeight: count,
  ticket: signature96,
  replica: count,
  rank: count,
  attempt: count,
  tokensIn: count,
  tokensOut: count,
  priceUnits: units,
  requestHash: bytes32,
  artifactRoot: bytes32,
  firstTokenMs: count,
  totalMs: count,
};

/** A receipt that proves itself with nothing but the committee's keys. */
export const ReceiptJson = z.object({
  chainId: z.string(),
  genesisHash: bytes32,
  height: count,
  receipt: z.object({
    taskId: bytes32,
    kind: z.enum(TaskKind.words),
    outcome: z.enum(Outcome.words),
    ...certifiedFields,
    similarityPpb: count,
  }),
  index: count,
  path: z.array(bytes32),
  certificate: z.object({
    header: z.object({
      epoch: count,
      mixer: count,
      sequence: count,
      receiptsRoot: bytes32,
      recordsRoot: bytes32,
      reveal: signature96,
    }),
    signers: bytes,
    signature: signature96,
  }),
});
export type ReceiptJson = z.infer<typeof ReceiptJson>;
