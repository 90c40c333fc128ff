import { Bool, Bytes32, StructType, textOf, U32, type ValueOf } from '@assay/ssz';
import { ContainerType, ListCompositeType } from '@chainsafe/ssz';
import { Count } from '../encoding.ts';
import { limits } from '../limits.ts';

/** What the creator of a model publishes of its file; a registration names its root (§4.15). */
export const ModelManifest = new ContainerType(
  {
    /** SHA-256 of the file. */
    fileHash: Bytes32,
    sizeBytes: Count,
    /** Root of the `PieceHashes` of the file. */
    piecesRoot: Bytes32,
    /** SHA-256 of what the file says of its tokenizer, and of its chat template. */
    tokenizerHash: Bytes32,
    templateHash: Bytes32,
    /** Tokens that the template adds to an empty message. */
    templateTokens: U32,
    contextTokens: U32,
    licence: textOf(limits.maxLicenceBytes),
    /** Addresses the file can be had from, beside those who hold it. */
    sources: new ListCompositeType(textOf(limits.maxSourceBytes), limits.maxSources),
  },
  { typeName: 'ModelManifest' },
);
export type ModelManifest = ValueOf<typeof ModelManifest>;

/** SHA-256 of each piece of a file, which has `modelPieceBytes`, the last one what is left. */
export const PieceHashes = new ListCompositeType(Bytes32, limits.maxModelPieces);

/** What who holds a model file answers to who wants it (§19.8). */
export const ModelOffer = new ContainerType(
  { manifest: ModelManifest, pieces: PieceHashes },
  { typeName: 'ModelOffer' },
);
export type ModelOffer = ValueOf<typeof ModelOffer>;

/** Asks for the offer of a file; who has not got it may ask a holder it knows, unless it is to give only its own. */
export const OfferRequest = new StructType({ fileHash: Bytes32, ownOnly: Bool }, { typeName: 'OfferRequest' });

/** Asks for one piece of a file, in the same way. */
export const PieceRequest = new StructType(
  { fileHash: Bytes32, ownOnly: Bool, piece: U32 },
  { typeName: 'PieceRequest' },
);

/** Says to a node that its sender holds a file. */
export const ModelNotice = new StructType({ fileHash: Bytes32 }, { typeName: 'ModelNotice' });
