import {
  BatchHeader,
  type BrokenPrecommit,
  type Certificate,
  canonicalVoteBytes,
  cometChainId,
  type DoubleVote,
  type MessageType,
  messageTypes,
  Offence,
  opens,
  type Params,
  Precommit,
  PrecommitOpening,
  type Ref,
  receiptsRootAlong,
  type SignedVote,
  signingDomain,
  signingRoot,
} from '@assay/protocol';
import { equalBytes, littleEndian, sha256 } from '@assay/ssz';
import { isSigned } from '../batch/certificate.ts';
import { isNeverValid } from '../batch/receipts.ts';
import { committeeOf } from '../draw/committee.ts';
import { epochOf } from '../state/period.ts';
import type { LedgerView } from '../state/state.ts';
import type { Verifier } from '../state/verifier.ts';

/** What an offence is about; two about the same are one. */
export interface OffenceTurn {
  readonly kind: 'mixer' | 'validator' | 'miner';
  readonly role: number;
  readonly epoch: number;
  readonly subject: Uint8Array;
}

/** Who is accused of what turn: one case for it, however often and however it is shown (§7.4). */
export function turnOf({ kind, value }: Offence, params: Pick<Params, 'epochBlocks'>): OffenceTurn {
  const selector = littleEndian(Offence.selectorOf(kind), 1);
  if (kind === 'doubleVote') {
    const { validator: role, height } = value;
    const subject = sha256(selector, littleEndian(role, 4), littleEndian(height, 8));
    return { kind: 'validator', role, epoch: epochOf(height, params), subject };
  }
  if (kind === 'brokenPrecommit') {
    const { epoch, precommit } = value.opening;
    const subject = sha256(selector, littleEndian(precommit.miner, 4), precommit.taskId);
    return { kind: 'miner', role: precommit.miner, epoch, subject };
  }
  const { header } = kind === 'equivocation' ? value.first : value.certificate;
  const { mixer: issuer, epoch, sequence } = header;
  const parties = [value.mixer, issuer].map((index) => littleEndian(index, 4));
  const turn = [littleEndian(epoch, 4), littleEndian(sequence, 8)];
  return { kind: 'mixer', role: value.mixer, epoch, subject: sha256(selector, ...parties, ...turn) };
}

/** §7.4 Whether there is a case about it. Cases outlive what evidence can still be about: one matter is one case. */
export function isCharged(state: LedgerView, offence: Offence): boolean {
  const { subject } = turnOf(offence, state.params);
  return [...state.cases].some((row) => row.cause === offence.kind && equalBytes(row.subject, subject));
}

/** §7.4 Whether the state and the evidence alone prove what is said. */
export function isProven(state: LedgerView, { kind, value }: Offence, verifier: Verifier): boolean {
  if (kind === 'equivocation') {
    const { mixer, first, second } = value;
    return isTwice(mixer, first, second) && [first, second].every((each) => hasSigned(state, each, mixer, verifier));
  }
  if (kind === 'doubleVote') return isVotedTwice(state, value, verifier);
  if (kind === 'brokenPrecommit') return isContradicted(state, value, verifier);
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

/** §7.4.7 A precommit and an opening that does not hash to it, both signed with the key that the miner has. */
function isContradicted(
  { miners, chain }: Pick<LedgerView, 'miners' | 'chain'>,
  { opening, precommitSignature, signature }: BrokenPrecommit,
  { ed25519 }: Verifier,
): boolean {
  if (opens(opening)) return false;
  const { publicKey } = miners.at(opening.precommit.miner);
  const rootOf = (root: Uint8Array, type: MessageType) => signingRoot(root, signingDomain(chain, type));
  const precommitted = rootOf(Precommit.hashTreeRoot(opening.precommit), messageTypes.precommit);
  const opened = rootOf(PrecommitOpening.hashTreeRoot(opening), messageTypes.opening);
  return ed25519(publicKey, precommitted, precommitSignature) && ed25519(publicKey, opened, signature);
}

/** §7.4.5 Two votes for two blocks, both with the key that the validator had for that height. */
function isVotedTwice(state: LedgerView, { first, second, ...vote }: DoubleVote, verifier: Verifier): boolean {
  if (isSameBlock(first, second)) return false;
  const key = consensusKeyAt(state, vote);
  const chain = cometChainId(state.chain);
  return [first, second].every(({ blockHash: hash, partsTotal, partsHash, signature, ...time }) => {
    const { kind, height, round } = vote;
    const signed = { kind, height, round, ...time, blockId: { hash, partsTotal, partsHash } };
    return verifier.ed25519(key, canonicalVoteBytes(signed, chain), signature);
  });
}

function isSameBlock(first: SignedVote, second: SignedVote): boolean {
  const isSame = (name: 'blockHash' | 'partsHash') => equalBytes(first[name], second[name]);
  return first.partsTotal === second.partsTotal && isSame('blockHash') && isSame('partsHash');
}

/** §3.10 The consensus key that a validator votes with at a height; keys are retired in the order of their last. */
export function consensusKeyAt(
  { retiredKeys, validators }: Pick<LedgerView, 'retiredKeys' | 'validators'>,
  { validator, height }: Pick<DoubleVote, 'validator' | 'height'>,
): Uint8Array {
  const own = Array.from(retiredKeys).find((row) => row.validator === validator && height <= row.lastHeight);
  return (own ?? validators.at(validator)).consensusKey;
}
