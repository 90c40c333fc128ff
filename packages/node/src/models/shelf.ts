import { existsSync } from 'node:fs';
import { access, mkdir, open, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { limits, ModelOffer } from '@assay/protocol';
import { fromHex, toHex } from '@assay/ssz';
import { writeDurably } from '../store/durable-file.ts';
import { pieceBytes } from './manifest.ts';

/** The model files of a node that others may have, each by its hash, with its manifest and the hashes of its pieces. */
export class Shelf {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Where the file with a hash lies, or would lie. */
  pathOf(fileHash: Uint8Array): string {
    return join(this.#dir, `${toHex(fileHash)}.gguf`);
  }

  #offerPath(fileHash: Uint8Array): string {
    return join(this.#dir, `${toHex(fileHash)}.offer`);
  }

  /** The file with a hash, once it is whole and its offer is there. */
  async offerOf(fileHash: Uint8Array): Promise<ModelOffer | null> {
    try {
      await access(this.pathOf(fileHash));
      return ModelOffer.deserialize(await readFile(this.#offerPath(fileHash)));
    } catch {
      return null;
    }
  }

  /** Publishes a file that lies elsewhere on this machine, and stays there. */
  async publish(path: string, offer: ModelOffer): Promise<void> {
    const target = this.pathOf(offer.manifest.fileHash);
    await mkdir(this.#dir, { recursive: true });
    await rm(target, { force: true });
    await symlink(resolve(path), target);
    await this.putOffer(offer);
  }

  /** The files that are here, by their hashes. */
  async held(): Promise<Uint8Array[]> {
    const names = await readdir(this.#dir).catch(() => []);
    const hashes = names.filter((name) => name.endsWith('.offer')).map((name) => fromHex(name.slice(0, 64)));
    return hashes.filter((hash) => hash?.length === 32 && existsSync(this.pathOf(hash))) as Uint8Array[];
  }

  async putOffer(offer: ModelOffer): Promise<void> {
    await mkdir(this.#dir, { recursive: true });
    await writeDurably(this.#offerPath(offer.manifest.fileHash), ModelOffer.serialize(offer), 0o600);
  }

  /** A piece of a file that is on the shelf; null where there is none. */
  async pieceOf({ manifest, pieces }: ModelOffer, piece: number): Promise<Uint8Array | null> {
    if (piece >= pieces.length) return null;
    const bytes = new Uint8Array(pieceBytes(manifest, piece));
    const file = await open(this.pathOf(manifest.fileHash), 'r');
    try {
      const { bytesRead } = await file.read(bytes, 0, bytes.length, piece * limits.modelPieceBytes);
      return bytesRead === bytes.length ? bytes : null;
    } finally {
      await file.close();
    }
  }
}
