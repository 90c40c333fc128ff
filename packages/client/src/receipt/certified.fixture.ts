import {
  BatchHeader,
  BatchRecords,
  BitArray,
  type BodyValues,
  type ChainIdentity,
  messageTypes,
  Receipt,
  ReceiptList,
  signingDomain,
  signingRoot,
  taskIdOf,
  ticketSigningRoot,
} from '@assay/protocol';
import { sha256 } from '@assay/ssz';
import blst from '@chainsafe/blst';
import type { Trust } from './verify-receipt.ts';

export const chain: ChainIdentity = { chainId: 'assay-test', genesisHash: sha256(Uint8Array.of(1)) };
const keys = Array.from({ length: 4 }, (_, i) => blst.SecretKey.fromKeygen(sha256(Uint8Array.of(7, i))));
export const trust: Trust = {
  ...chain,
  epochBlocks: 16,
  committee: {
    epochs: { from: 0, through: 9 },
    seats: keys.map((key, mixer) => ({ mixer, blsPublicKey: key.toPublicKey().toBytes() })),
  },
};

const firstMixer = keys[0] as blst.SecretKey;

function ticketed(
  onChain: ChainIdentity,
  task: { session: number; requestHash: Uint8Array },
  ticketOf: (ticket: Uint8Array) => Uint8Array,
) {
  const ticket = ticketOf(firstMixer.sign(ticketSigningRoot(onChain, task)).toBytes());
  return { ...task, ticket, taskId: taskIdOf({ ticket, replica: 0 }) };
}

/**
 * A batch of five receipts of mixer 0, drawn and certified in epoch 2, signed by the given ones of four mixers with the
 * BLS library of the node. `ticketOf` makes another ticket of the right one.
 */
export function certified(
  signers: readonly number[],
  onChain: ChainIdentity = chain,
  ticketOf: (ticket: Uint8Array) => Uint8Array = (ticket) => ticket,
): BodyValues['certifiedBatch'] {
  const receipts = Array.from({ length: 5 }, (_, i) => ({
    ...Receipt.defaultValue(),
    ...ticketed(onChain, { session: 0, requestHash: sha256(Uint8Array.of(9, i)) }, ticketOf),
    drawHeight: 2 * trust.epochBlocks,
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
