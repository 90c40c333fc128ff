import {
  BatchHeader,
  type CommitteeSeat,
  drawEpoch,
  messageTypes,
  type PortableReceipt,
  receiptsRootAlong,
  signingDomain,
  signingRoot,
  taskIdOf,
  ticketSigningRoot,
} from '@assay/protocol';
import { equalBytes, toHex } from '@assay/ssz';
import { formatUnits } from '../format-units.ts';
import { verifyAggregate } from './verify-aggregate.ts';

/** What a checker must already trust: the chain, and the keys of a committee in the order of its seats. */
export interface Trust {
  readonly chainId: string;
  readonly genesisHash: Uint8Array;
  /** Blocks in an epoch. */
  readonly epochBlocks: number;
  readonly committee: {
    /** The epochs it is known to have served; null for a genesis, which knows of no other. */
    readonly epochs: { readonly from: number; readonly through: number } | null;
    readonly seats: readonly CommitteeSeat[];
  };
}

export interface ReceiptVerdict {
  readonly valid: boolean;
  /** Everything that is wrong with it, in the order checked; empty when valid. */
  readonly reasons: readonly string[];
  /** What the receipt proves and what it does not, or why it proves nothing. */
  readonly sentence: string;
}

/**
 * Checks a portable receipt offline (§7.5): it belongs to the trusted chain, it lies in the certified batch, more than
 * two thirds of the committee signed that batch (§7.3), and its task id follows from a ticket of the mixer that issued
 * it (§6.4). The receipt's `height` is a hint where to look; the committee does not sign it. Never throws for a bad
 * receipt.
 */
export function verifyReceipt(portable: PortableReceipt, trust: Trust): ReceiptVerdict {
  const reasons = [
    ...chainFaults(portable, trust),
    ...pathFaults(portable),
    ...certificateFaults(portable, trust),
    ...ticketFaults(portable, trust),
  ];
  const valid = reasons.length === 0;
  const sentence = valid ? proofSentence(portable, trust) : `The receipt proves nothing: ${reasons[0]}`;
  return { valid, reasons, sentence };
}

function chainFaults(portable: PortableReceipt, trust: Trust): string[] {
  if (portable.chainId !== trust.chainId) {
    return [`it is of the chain "${portable.chainId}", not of "${trust.chainId}".`];
  }
  if (equalBytes(portable.genesisHash, trust.genesisHash)) return [];
  return [
    `it is of a chain with the genesis 0x${toHex(portable.genesisHash)}, ` +
      `not of the trusted one, 0x${toHex(trust.genesisHash)}.`,
  ];
}

function pathFaults({ receipt, index, path, certificate }: PortableReceipt): string[] {
  const root = receiptsRootAlong(receipt, index, path);
  if (root !== null && equalBytes(root, certificate.header.receiptsRoot)) return [];
  return ['its content is not what the committee certified: the Merkle path does not lead to the certified root.'];
}

function certificateFaults({ certificate }: PortableReceipt, trust: Trust): string[] {
  const { seats, epochs } = trust.committee;
  const keys = seats.map(({ blsPublicKey }) => blsPublicKey);
  const { epoch } = certificate.header;
  if (epochs !== null && (epoch < epochs.from || epoch > epochs.through)) {
    const known = `that of epochs ${epochs.from} to ${epochs.through}`;
    return [`it was certified in epoch ${epoch}, but the trusted committee is ${known}: ${committeeHint(epoch)}`];
  }
  if (certificate.signers.bitLen !== keys.length) {
    return [
      `its certificate counts ${certificate.signers.bitLen} mixers, but the committee has ${keys.length}; ` +
        committeeHint(epoch),
    ];
  }
  const signing = keys.filter((_, mixer) => certificate.signers.get(mixer));
  // §7.3
  if (3 * signing.length <= 2 * keys.length) {
    return [`only ${signing.length} of ${keys.length} mixers signed, and more than two thirds must.`];
  }
  const domain = signingDomain(trust, messageTypes.batch);
  const message = signingRoot(BatchHeader.hashTreeRoot(certificate.header), domain);
  if (verifyAggregate(signing, message, certificate.signature)) return [];
  return ["the committee's signature does not verify: the certificate, the keys or the chain are not the right ones."];
}

/** The epoch of the draw, when that is before the trusted committee's: then its keys say nothing of the ticket. */
function earlierEpoch({ receipt }: PortableReceipt, { committee: { epochs }, epochBlocks }: Trust): number | null {
  if (epochs === null) return null;
  const epoch = drawEpoch({ epochBlocks }, receipt.drawHeight);
  return epoch < epochs.from ? epoch : null;
}

/** §6.4 */
function ticketFaults(portable: PortableReceipt, trust: Trust): string[] {
  const { receipt, certificate } = portable;
  if (!equalBytes(taskIdOf(receipt), receipt.taskId)) return ['its task id does not follow from its ticket.'];
  if (earlierEpoch(portable, trust) !== null) return [];
  const { mixer } = certificate.header;
  const seat = trust.committee.seats.find((each) => each.mixer === mixer);
  const root = ticketSigningRoot(trust, receipt);
  if (seat !== undefined && verifyAggregate([seat.blsPublicKey], root, receipt.ticket)) return [];
  return [`its ticket is not mixer ${mixer}'s signature of the request: the draw may have been chosen.`];
}

const committeeHint = (epoch: number): string =>
  `\`assay committee --epoch ${epoch} --json\` writes the one that certified it.`;

function drawSentence(portable: PortableReceipt, trust: Trust): string {
  const epoch = earlierEpoch(portable, trust);
  const { mixer } = portable.certificate.header;
  if (epoch === null) return `by its ticket neither mixer ${mixer} nor the payer chose the draw alone; `;
  return `its ticket can be checked with the keys of epoch ${epoch}, in which it was drawn; `;
}

function proofSentence(portable: PortableReceipt, trust: Trust): string {
  const { receipt, certificate } = portable;
  const signed = certificate.signers.getTrueBitIndexes().length;
  return (
    `${signed} of ${certificate.signers.bitLen} mixers of ${portable.chainId} certified in epoch ` +
    `${certificate.header.epoch} that miner ${receipt.miner} answered task 0x${toHex(receipt.taskId)} of session ` +
    `${receipt.session} with ${receipt.tokensOut} tokens to a prompt of ${receipt.tokensIn}, ` +
    `at ${formatUnits(receipt.priceUnits)} units; ` +
    drawSentence(portable, trust) +
    'it does not prove that the answer is right, that its audit passed or that it was paid.'
  );
}
