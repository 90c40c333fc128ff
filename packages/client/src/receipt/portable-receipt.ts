import { type BodyValues, type ChainIdentity, PortableReceipt, receiptPath } from '@assay/protocol';
import { ClientError } from '../errors.ts';

/** The receipt at `index` of a certified batch, as it can be checked alone (§7.5). Null when there is none. */
export function portableReceipt(options: {
  readonly chain: ChainIdentity;
  /** Height of the block that holds the batch. */
  readonly height: number;
  readonly batch: BodyValues['certifiedBatch'];
  readonly index: number;
}): PortableReceipt | null {
  const { chain, height, batch, index } = options;
  const receipt = batch.receipts[index];
  if (receipt === undefined) return null;
  return {
    chainId: chain.chainId,
    genesisHash: chain.genesisHash,
    height,
    receipt,
    index,
    path: receiptPath(batch.receipts, index),
    certificate: batch.certificate,
  };
}

/** The JSON form of a portable receipt, as files and the node API carry it. */
export function portableReceiptToJson(receipt: PortableReceipt): unknown {
  return PortableReceipt.toJson(receipt);
}

/** Reads the JSON form. Throws `ClientError` BAD_RECEIPT that names what is wrong. */
export function portableReceiptFromJson(json: unknown): PortableReceipt {
  try {
    return PortableReceipt.fromJson(json);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new ClientError('BAD_RECEIPT', `This is not a portable receipt: ${detail}.`, { cause });
  }
}
