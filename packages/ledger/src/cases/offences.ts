import { BatchHeader, type Certificate, Offence, type Ref, receiptsRootAlong } from '@assay/protocol';
import { equalBytes, littleEndian, sha256 } from '@assay/ssz';
import { isSigned } from '../batch/certificate.ts';
import { isNeverValid } from '../batch/receipts.ts';
import { committeeOf } from '../draw/committee.ts';
import type { LedgerView } from '../state/state.ts';
import type { Verifier } from '../state/verifier.ts';

/** What an offence is about; two about the same are one. */
export interface OffenceTurn {
  readonly mixer: Ref<'mixers'>;
  readonly epoch: number;
  readonly subject: Uint8Array;
}

/** Who is accused of what turn: one case for it, however often and however it is shown (§7.4). */
export function turnOf({ kind, value }: Offence): OffenceTurn {
  const { header } = kind === 'equivocation' ? value.first : value.certificate;
  const { mixer: issuer, epoch, sequence } = header;
  const parties = [value.mixer, issuer].map((index) => littleEndian(index, 4));
  const turn = [littleEndian(epoch, 4), littleEndian(sequence, 8)];
  return { mixer: value.mixer, epoch, subject: sha256(littleEndian(Offence.selectorOf(kind), 1), ...parties, ...turn) };
}

/** §7.4 Whether the state and the evidence alone prove what is said. */
export function isProven(state: LedgerView, { kind, value }: Offence, verifier: Verifier): boolean {
  if (kind === 'equivocation') {
    const { mixer, first, second } = value;
    return isTwice(mixer, first, second) && [first, second].every((each) => hasSigned(state, each, mixer, verifier));
  }
  const { mixer, certificate, receipt, index, path } = value;
  const root = receiptsRootAlong(receipt, index, path);
  const isItem = root !== null && equalBytes(root, certificate.header.receiptsRoot);
  const issuer = { mixer: certificate.header.mixer, verifier };
  return isItem && hasSigned(state, certificate, mixer, verifier) && isNeverValid(state, receipt, issuer);
}

/** Two headers of one turn of the accused. Who only co-signed them may have been asked again with fewer receipts. */
function isTwice(mixer: Ref<'mixers'>, { header: first }: Certificate, { header: second }: Certificate): boolean {
  if (first.mixer !== mixer || second.mixer !== mixer) return false;
  if (first.epoch !== second.epoch || first.sequence !== second.sequence) return false;
  return !equalBytes(BatchHeader.hashTreeRoot(first), BatchHeader.hashTreeRoot(second));
}

/** Whether the accused is one of the signers and their signature holds; how many they are is not asked. */
function hasSigned(state: LedgerView, certificate: Certificate, mixer: Ref<'mixers'>, verifier: Verifier): boolean {
  const { header, signers } = certificate;
  const committee = committeeOf(state, header.epoch);
  const seat = committee.findIndex((each) => each.mixer === mixer);
  if (signers.bitLen !== committee.length || seat === -1 || !signers.get(seat)) return false;
  return isSigned(state, certificate, { committee, verifier });
}
