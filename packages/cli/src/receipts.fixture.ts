import { portableReceipt, portableReceiptToJson, type ReceiptJson } from '@assay/client';
import { genesisHash } from '@assay/ledger';
import { BlsSigner, generateBlsSecret } from '@assay/node/crypto/signers';
import { aggregateBls } from '@assay/node/crypto/verifier';
import {
  BatchHeader,
  BatchRecords,
  BitArray,
  Genesis,
  messageTypes,
  Receipt,
  ReceiptList,
  signingDomain,
  signingRoot,
  taskIdOf,
  ticketSigningRoot,
} from '@assay/protocol';
import { sha256, toHex } from '@assay/ssz';

/** A genesis with four mixers, their committee file, and a receipt that three of them certified. */
export function committeeFiles() {
  const mixers = Array.from({ length: 4 }, (_, i) => new BlsSigner(generateBlsSecret(sha256(Uint8Array.of(i)))));
  const genesis: Genesis = {
    ...Genesis.defaultValue(),
    chainId: 'assay-cli-test',
    mixers: mixers.map((mixer) => ({
      publicKey: sha256(mixer.publicKey),
      blsPublicKey: mixer.publicKey,
      possession: mixer.possession(),
      stakeUnits: 1n,
    })),
  };
  const chain = { chainId: 'assay-cli-test', genesisHash: genesisHash(genesis) };
  const receipts = [0, 1, 2].map((miner) => {
    const task = { session: 0, requestHash: sha256(Uint8Array.of(9, miner)) };
    const ticket = mixers[0]?.sign(ticketSigningRoot(chain, task)) ?? new Uint8Array(96);
    return { ...Receipt.defaultValue(), ...task, ticket, taskId: taskIdOf({ ticket, replica: 0 }), miner };
  });
  const header = { ...BatchHeader.defaultValue(), receiptsRoot: ReceiptList.hashTreeRoot(receipts) };
  const message = signingRoot(BatchHeader.hashTreeRoot(header), signingDomain(chain, messageTypes.batch));
  const signature = aggregateBls(mixers.slice(0, 3).map((mixer) => mixer.sign(message)));
  if (signature === null) throw new Error('the signatures do not aggregate');
  const certificate = { header, signers: BitArray.fromBoolArray([true, true, true, false]), signature };
  const records = BatchRecords.defaultValue();
  const receipt = portableReceipt({ chain, height: 3, batch: { certificate, receipts, records }, index: 1 });
  if (receipt === null) throw new Error('there is no such receipt');
  return {
    genesis,
    receipt: portableReceiptToJson(receipt) as ReceiptJson,
    committee: {
      chainId: chain.chainId,
      genesisHash: `0x${toHex(chain.genesisHash)}`,
      epochs: { from: 0, through: 0 },
      epochBlocks: 16,
      mixers: mixers.map((mixer, index) => ({ index, blsPublicKey: `0x${toHex(mixer.publicKey)}` })),
    },
  };
}
