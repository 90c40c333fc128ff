import {
  BatchHeader,
  BatchRecords,
  BeaconTurn,
  type BodyValues,
  type Certificate,
  type CommitteeSeat,
  limits,
  messageTypes,
  ReceiptList,
  type ResultCode,
  signingDomain,
  signingRoot,
} from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { committeeOf } from '../draw/committee.ts';
import { EPOCH_GRACE_BLOCKS } from '../state/rules.ts';
import type { LedgerView } from '../state/state.ts';
import type { Verifier } from '../state/verifier.ts';

/** What a mixer signs as its beacon reveal for its turn (§9.1). */
export function revealSigningRoot(chain: LedgerView['chain'], turn: { epoch: number; sequence: number }): Uint8Array {
  return signingRoot(BeaconTurn.hashTreeRoot(turn), signingDomain(chain, messageTypes.beaconReveal));
}

/** What the mixers sign to certify a batch (§7.2). */
export function batchSigningRoot(chain: LedgerView['chain'], header: BatchHeader): Uint8Array {
  return signingRoot(BatchHeader.hashTreeRoot(header), signingDomain(chain, messageTypes.batch));
}

/** Whether the signers of a certificate are strictly more than two thirds of the mixers (§7.3). */
export function isQuorum(signers: number, mixers: number): boolean {
  return 3 * signers > 2 * mixers;
}

/**
 * Checks a certificate against the committee and its contents (§7.3); these themselves are checked elsewhere.
 */
export function certificateCode(
  state: LedgerView,
  { certificate, receipts, records }: BodyValues['certifiedBatch'],
  { height, verifier }: { readonly height: number; readonly verifier: Verifier },
): ResultCode {
  const { header, signers } = certificate;
  const mixer = state.mixers.get(header.mixer);
  if (mixer === undefined) return 'UNKNOWN_MIXER';
  if (!isEpochOpen(state, header.epoch, height)) return 'WRONG_EPOCH'; // §7.3
  const committee = committeeOf(state, header.epoch);
  const seat = committee.find((each) => each.mixer === header.mixer);
  if (seat === undefined) return 'NOT_IN_COMMITTEE'; // §7.1
  const isNext = header.sequence === mixer.nextSequence && header.sequence < limits.maxCount; // §2.11
  if (!isNext) return 'WRONG_SEQUENCE'; // §7.2
  if (signers.bitLen !== committee.length) return 'BAD_SIGNERS';
  if (!isQuorum(signers.getTrueBitIndexes().length, committee.length)) return 'NOT_ENOUGH_SIGNERS'; // §7.3
  if (!equalBytes(ReceiptList.hashTreeRoot(receipts), header.receiptsRoot)) return 'BAD_RECEIPTS_ROOT';
  if (!equalBytes(BatchRecords.hashTreeRoot(records), header.recordsRoot)) return 'BAD_RECORDS_ROOT';
  const revealed = revealSigningRoot(state.chain, header);
  if (!verifier.bls([seat.blsPublicKey], revealed, header.reveal)) return 'BAD_REVEAL'; // §9.1
  return isSigned(state, certificate, { committee, verifier }) ? 'OK' : 'BAD_CERTIFICATE';
}

function isEpochOpen({ globals, params }: LedgerView, epoch: number, height: number): boolean {
  if (epoch === globals.epoch) return true;
  return epoch === globals.epoch - 1 && height - globals.epoch * params.epochBlocks <= EPOCH_GRACE_BLOCKS;
}

/** Whether the signers signed the header; that there are any is checked with the keys. */
export function isSigned(
  state: LedgerView,
  { header, signers, signature }: Certificate,
  { committee, verifier }: { readonly committee: readonly CommitteeSeat[]; readonly verifier: Verifier },
): boolean {
  const keys = committee.filter((_, index) => signers.get(index)).map(({ blsPublicKey }) => blsPublicKey);
  return verifier.bls(keys, batchSigningRoot(state.chain, header), signature);
}
