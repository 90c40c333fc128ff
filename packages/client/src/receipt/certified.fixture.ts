import {
  BatchHeader,
  BatchRecords,
  BitArray,
  type BodyValues,
  type ChainIdentity,
  messageTypes,
  Receipt,
  ReceiptList,
  sha256,
  signingDomain,
  signingRoot,
} from '@assay/protocol';
import blst from '@chainsafe/blst';
import type { Trust } from './verifyReceipt.ts';

export const chain: ChainIdentity = { chainId: 'assay-test', genesisHash: sha256(Uint8Array.of(1)) };
const keys = Array.from({ length: 4 }, (_, i) => blst.SecretKey.fromKeygen(sha256(Uint8Array.of(7, i))));
export const trust: Trust = {
  ...chain,
  committee: { epochs: { from: 0, through: 9 }, blsPublicKeys: keys.map((key) => key.toPublicKey().toBytes()) },
};

/** A batch of five receipts, signed by the given ones of four mixers with the BLS library of the node. */
export function certified(signers: readonly number[], onChain: ChainIdentity = chain): BodyValues['certifiedBatch'] {
  const receipts = Array.from({ length: 5 }, (_, i) => ({
    ...Receipt.defaultValue(),
    taskId: sha256(Uint8Array.of(9, i)),
    miner: i,
    tokensIn: 12,
    tokensOut: 34,
    priceUnits: 46_000_000n,
  }));
  const header = {
    ...BatchHeader.defaultValue(),
    epoch: 2,
    receiptsRoot: ReceiptList.hashTreeRoot(receipts),
    reveal: new Uint8Array(96),
  };
  const message = signingRoot(BatchHeader.hashTreeRoot(header), signingDomain(onChain, messageTypes.batch));
  const signatures = signers.map((mixer) => (keys[mixer] as blst.SecretKey).sign(message));
  return {
    certificate: {
      header,
      signers: BitArray.fromBoolArray(keys.map((_, mixer) => signers.includes(mixer))),
      signature: blst.aggregateSignatures(signatures).toBytes(),
    },
    receipts,
    records: BatchRecords.defaultValue(),
  };
}
