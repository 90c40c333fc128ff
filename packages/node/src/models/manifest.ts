import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { limits, ModelManifest, type ModelOffer, PieceHashes } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { readGgufHeader } from '../inference/gguf/read.ts';
import type { Vocabulary } from '../inference/vocabulary.ts';

/** What a creator says of a file beside what stands in it. */
export interface FileWords {
  /** Null: what the file says. */
  readonly licence: string | null;
  readonly sources: readonly string[];
}

/** The key of the chat template in a GGUF file; whatever else begins so is the tokenizer. */
const templateKey = 'tokenizer.chat_template';

/**
 * The manifest of a GGUF file, with the hashes of its pieces. Throws MODEL_FILE_UNUSABLE where it is none, and a
 * RangeError where it has too many pieces.
 */
export async function describeFile(
  path: string,
  vocabulary: Pick<Vocabulary, 'contextTokens' | 'render'>,
  { licence, sources }: FileWords,
): Promise<ModelOffer> {
  const { metadata } = await readGgufHeader(path);
  const tokenizer = createHash('sha256');
  for (const key of [...metadata.keys()].sort()) {
    if (!key.startsWith('tokenizer.') || key === templateKey) continue;
    tokenizer.update(
      JSON.stringify([key, metadata.get(key)], (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
    );
  }
  const textAt = (key: string) => {
    const found = metadata.get(key);
    return found?.type === 'string' ? String(found.value) : '';
  };
  const { fileHash, sizeBytes, pieces } = await hashPieces(path);
  const empty = await vocabulary.render([{ role: 'user', content: '' }]);
  const manifest: ModelManifest = {
    fileHash,
    sizeBytes,
    piecesRoot: PieceHashes.hashTreeRoot(pieces),
    tokenizerHash: tokenizer.digest(),
    templateHash: createHash('sha256').update(textAt(templateKey)).digest(),
    templateTokens: empty.length,
    contextTokens: vocabulary.contextTokens,
    licence: licence ?? textAt('general.license'),
    sources: [...sources],
  };
  return { manifest, pieces };
}

/** Whether an offer is the one that a registration names, and fits in itself (§4.15). */
export function isOffer({ manifest, pieces }: ModelOffer, wanted: { fileHash: Uint8Array; manifestRoot: Uint8Array }) {
  return (
    equalBytes(ModelManifest.hashTreeRoot(manifest), wanted.manifestRoot) &&
    equalBytes(manifest.fileHash, wanted.fileHash) &&
    equalBytes(PieceHashes.hashTreeRoot(pieces), manifest.piecesRoot) &&
    pieces.length === Math.ceil(manifest.sizeBytes / limits.modelPieceBytes)
  );
}

/** Bytes of the piece of a file at an index. */
export function pieceBytes({ sizeBytes }: Pick<ModelManifest, 'sizeBytes'>, piece: number): number {
  return Math.min(limits.modelPieceBytes, sizeBytes - piece * limits.modelPieceBytes);
}

async function hashPieces(path: string) {
  const whole = createHash('sha256');
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  let piece = createHash('sha256');
  let filled = 0;
  const endPiece = () => {
    if (pieces.length === limits.maxModelPieces) throw new RangeError(`${path} is too large to be published.`);
    pieces.push(piece.digest());
    piece = createHash('sha256');
    filled = 0;
  };
  for await (const chunk of createReadStream(path, { highWaterMark: limits.modelPieceBytes })) {
    whole.update(chunk as Buffer);
    sizeBytes += (chunk as Buffer).length;
    for (let at = 0; at < chunk.length; ) {
      const part = (chunk as Buffer).subarray(at, at + limits.modelPieceBytes - filled);
      piece.update(part);
      filled += part.length;
      at += part.length;
      if (filled === limits.modelPieceBytes) endPiece();
    }
  }
  if (filled > 0) endPiece();
  return { fileHash: whole.digest(), sizeBytes, pieces };
}
