import { encodeText, textOf, toHex } from '@assay/ssz';
import type { ChainIdentity } from '../signing.ts';
import { bytesField, delimited, fixed64Field, messageField, varintField } from './protobuf.ts';

/** What CometBFT's validators sign, to the byte: a vote that is judged here was signed there (§18.1). */

/** CometBFT's name of a block: the hash of its header, and the Merkle root of the parts it travels in. */
export interface CometBlockId {
  readonly hash: Uint8Array;
  readonly partsTotal: number;
  readonly partsHash: Uint8Array;
}

/** A time as CometBFT has it: Unix seconds, and nanoseconds of the next. */
export interface CometTime {
  readonly seconds: number;
  readonly nanos: number;
}

export interface CometVote extends CometTime {
  readonly kind: 'prevote' | 'precommit';
  readonly height: number;
  readonly round: number;
  /** Null in a vote for no block. */
  readonly blockId: CometBlockId | null;
}

export interface CometProposal extends CometTime {
  readonly height: number;
  readonly round: number;
  /** The round whose prevotes locked the block; −1 for none. */
  readonly polRound: number;
  readonly blockId: CometBlockId | null;
}

const signedTypes = { prevote: 1, precommit: 2, proposal: 32 } as const;

/** CometBFT allows 50 bytes; what follows the name are a dash and eight digits. */
const chainName = textOf(50 - 9);

/** The chain's name in CometBFT: as much of its name as fits, and the first 8 digits of the genesis hash. */
export function cometChainId({ chainId, genesisHash }: ChainIdentity): string {
  return `${chainName.fitted(chainId)}-${toHex(genesisHash.subarray(0, 4))}`;
}

/** The bytes under a validator's signature of a vote: `CanonicalVote` of CometBFT, after its length. */
export function canonicalVoteBytes(vote: CometVote, chainIdText: string): Uint8Array {
  return delimited([
    varintField(1, signedTypes[vote.kind]),
    fixed64Field(2, vote.height),
    fixed64Field(3, vote.round),
    blockIdField(4, vote.blockId),
    messageField(5, timeParts(vote)),
    bytesField(6, encodeText(chainIdText)),
  ]);
}

/** The bytes under a proposer's signature: `CanonicalProposal` of CometBFT, after its length. */
export function canonicalProposalBytes(proposal: CometProposal, chainIdText: string): Uint8Array {
  return delimited([
    varintField(1, signedTypes.proposal),
    fixed64Field(2, proposal.height),
    fixed64Field(3, proposal.round),
    varintField(4, proposal.polRound),
    blockIdField(5, proposal.blockId),
    messageField(6, timeParts(proposal)),
    bytesField(7, encodeText(chainIdText)),
  ]);
}

export function timeParts({ seconds, nanos }: CometTime): Uint8Array[] {
  return [varintField(1, seconds), varintField(2, nanos)];
}

export function blockIdParts({ hash, partsTotal, partsHash }: CometBlockId): Uint8Array[] {
  return [bytesField(1, hash), messageField(2, [varintField(1, partsTotal), bytesField(2, partsHash)])];
}

function blockIdField(field: number, blockId: CometBlockId | null): Uint8Array {
  return blockId === null ? new Uint8Array() : messageField(field, blockIdParts(blockId));
}
