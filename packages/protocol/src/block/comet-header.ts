import { concatBytes, encodeText, sha256 } from '@assay/ssz';
import { blockIdParts, type CometBlockId, type CometTime, timeParts } from './canonical-vote.ts';
import { bytesField, messageField, varintField } from './protobuf.ts';

/** CometBFT's header of a block, which its validators sign by its hash. `appHash` is what the height before it left. */
export interface CometHeader extends CometTime {
  readonly versionBlock: number;
  readonly versionApp: number;
  readonly chainId: string;
  readonly height: number;
  /** Null at the first height. */
  readonly lastBlockId: CometBlockId | null;
  readonly lastCommitHash: Uint8Array;
  readonly dataHash: Uint8Array;
  readonly validatorsHash: Uint8Array;
  readonly nextValidatorsHash: Uint8Array;
  readonly consensusHash: Uint8Array;
  readonly appHash: Uint8Array;
  readonly lastResultsHash: Uint8Array;
  readonly evidenceHash: Uint8Array;
  readonly proposerAddress: Uint8Array;
}

/** A member of CometBFT's validator set: its Ed25519 key and its share of the votes. */
export interface CometValidator {
  readonly publicKey: Uint8Array;
  readonly power: number;
}

/** The hash that votes name: the Merkle root of the fields in their order, each in protobuf. */
export function cometHeaderHash(header: CometHeader): Uint8Array {
  const { lastBlockId } = header;
  const noBlock = { hash: new Uint8Array(), partsTotal: 0, partsHash: new Uint8Array() };
  const hashes = [
    header.lastCommitHash,
    header.dataHash,
    header.validatorsHash,
    header.nextValidatorsHash,
    header.consensusHash,
    header.appHash,
    header.lastResultsHash,
    header.evidenceHash,
    header.proposerAddress,
  ];
  return cometMerkleRoot([
    concatBytes([varintField(1, header.versionBlock), varintField(2, header.versionApp)]),
    bytesField(1, encodeText(header.chainId)),
    varintField(1, header.height),
    concatBytes(timeParts(header)),
    concatBytes(blockIdParts(lastBlockId ?? noBlock)),
    ...hashes.map((hash) => bytesField(1, hash)),
  ]);
}

/** `validatorsHash` of a set, in CometBFT's order: the largest power first, then by address. */
export function cometValidatorsHash(validators: readonly CometValidator[]): Uint8Array {
  const leaf = ({ publicKey, power }: CometValidator) =>
    concatBytes([messageField(1, [bytesField(1, publicKey)]), varintField(2, power)]);
  return cometMerkleRoot([...validators].sort(inOrder).map(leaf));
}

/** The 20 bytes by which CometBFT names a validator. */
export function cometAddress(publicKey: Uint8Array): Uint8Array {
  return sha256(publicKey).slice(0, 20);
}

/** The Merkle root of RFC 6962: leaves and inner nodes are told apart, no leaf is doubled. */
export function cometMerkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const [first] = leaves;
  if (first === undefined) return sha256(new Uint8Array());
  if (leaves.length === 1) return sha256(concatBytes([Uint8Array.of(0), first]));
  let left = 1;
  while (2 * left < leaves.length) left *= 2;
  const children = [cometMerkleRoot(leaves.slice(0, left)), cometMerkleRoot(leaves.slice(left))];
  return sha256(concatBytes([Uint8Array.of(1), ...children]));
}

function inOrder(a: CometValidator, b: CometValidator): number {
  if (a.power !== b.power) return b.power - a.power;
  const [first, second] = [cometAddress(a.publicKey), cometAddress(b.publicKey)];
  const differs = first.findIndex((byte, i) => byte !== second[i]);
  return (first[differs] ?? 0) - (second[differs] ?? 0);
}
