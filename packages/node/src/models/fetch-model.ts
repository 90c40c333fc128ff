import { mkdir, open, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { limits, ModelOffer, OfferRequest, PieceRequest } from '@assay/protocol';
import type { Endpoint, PeerId } from '@assay/roles/ports/network';
import type { Runtime } from '@assay/roles/ports/runtime';
import { equalBytes, sha256, toHex } from '@assay/ssz';
import { askParcel } from '../consensus/follow/wire.ts';
import { maxOfferBytes, modelProtocols } from './exchange.ts';
import { sha256OfFile } from './file-hash.ts';
import { isOffer, pieceBytes } from './manifest.ts';
import type { Shelf } from './shelf.ts';

/** Holders that are asked at once, and pieces of one. */
const askedAtOnce = 4;
/** Longer than who holds a file takes to say so. */
const usualFindMs = 60_000;
const lookAgainMs = 1000;

export interface ModelWanted {
  readonly fileHash: Uint8Array;
  readonly manifestRoot: Uint8Array;
  /** A larger file is not fetched. */
  readonly maxBytes: number;
  /** Ends the fetch; what came stays, for the next. */
  readonly signal?: AbortSignal;
}

export interface ModelFetcherOptions {
  readonly endpoint: Pick<Endpoint, 'open'>;
  readonly shelf: Shelf;
  readonly runtime: Runtime;
  /** Who may give a file, by its hash in hexadecimal. */
  readonly holdersOf: (fileHash: string) => readonly PeerId[];
  /** Longest wait for the first that says it holds the file. */
  readonly findMs?: number;
}

/** Fetches model files from those that hold them, piece by piece, each checked before it is written (§19.8). */
export class ModelFetcher {
  readonly #options: ModelFetcherOptions;
  readonly #under = new Map<string, Promise<string>>();

  constructor(options: ModelFetcherOptions) {
    this.#options = options;
  }

  /**
   * Where the file lies once it is whole; of several that ask at once all get the one. Rejects with an Error whose
   * message says why it could not be had.
   */
  fetch(wanted: ModelWanted): Promise<string> {
    const name = toHex(wanted.fileHash);
    const known = this.#under.get(name);
    if (known !== undefined) return known;
    const fetching = this.#fetch(wanted).finally(() => this.#under.delete(name));
    this.#under.set(name, fetching);
    return fetching;
  }

  async #fetch(wanted: ModelWanted): Promise<string> {
    const { shelf } = this.#options;
    const path = shelf.pathOf(wanted.fileHash);
    const found = await shelf.offerOf(wanted.fileHash);
    if (found !== null && isOffer(found, wanted)) return path;
    const { offer, holders } = await this.#find(wanted);
    if (offer.manifest.sizeBytes > wanted.maxBytes) {
      throw new Error(`it has ${offer.manifest.sizeBytes} bytes, more than the ${wanted.maxBytes} that are fetched`);
    }
    await mkdir(dirname(path), { recursive: true });
    const partPath = `${path}.part`;
    await requireRoom(partPath, offer.manifest.sizeBytes);
    await this.#fill(partPath, { offer, holders }, wanted);
    if ((await sha256OfFile(partPath)) !== toHex(wanted.fileHash)) {
      // Every piece is what the manifest says, so it is the manifest that is wrong.
      await rm(partPath);
      throw new Error('its pieces, each as the manifest says, are not the registered file');
    }
    await rename(partPath, path);
    await shelf.putOffer(offer);
    return path;
  }

  /** The offer of those that hold a file, and all that gave it. */
  async #find(wanted: ModelWanted): Promise<{ readonly offer: ModelOffer; readonly holders: PeerId[] }> {
    const { runtime, holdersOf, findMs = usualFindMs } = this.#options;
    const deadlineMs = runtime.monotonicMs() + findMs;
    for (;;) {
      const asked = holdersOf(toHex(wanted.fileHash));
      for (const [place, holder] of asked.entries()) {
        const offer = await this.#offerFrom(holder, wanted);
        if (offer !== null) return { offer, holders: asked.slice(place) };
      }
      if (wanted.signal?.aborted === true) throw new Error('the time for it is over');
      if (runtime.monotonicMs() > deadlineMs) {
        throw new Error(`none of ${asked.length} nodes gives it; the creator's node must run, and be reached`);
      }
      await runtime.sleep(Math.min(lookAgainMs, findMs));
    }
  }

  async #offerFrom(holder: PeerId, wanted: ModelWanted): Promise<ModelOffer | null> {
    const question = OfferRequest.serialize({ fileHash: wanted.fileHash, ownOnly: false });
    try {
      const asked = { protocol: modelProtocols.offers, question, maxBytes: maxOfferBytes };
      const bytes = await askParcel(this.#options, holder, asked);
      const offer = bytes === null ? null : ModelOffer.deserialize(bytes);
      return offer !== null && isOffer(offer, wanted) ? offer : null;
    } catch {
      return null;
    }
  }

  /** Fills the pieces that are not there yet, from several holders at once. */
  async #fill(
    partPath: string,
    { offer, holders }: { readonly offer: ModelOffer; readonly holders: readonly PeerId[] },
    { signal }: ModelWanted,
  ): Promise<void> {
    const file = await open(partPath, 'a+').then(async (made) => {
      await made.close();
      return open(partPath, 'r+');
    });
    try {
      const missing: number[] = [];
      for (const [piece, hash] of offer.pieces.entries()) {
        const bytes = new Uint8Array(pieceBytes(offer.manifest, piece));
        await file.read(bytes, 0, bytes.length, piece * limits.modelPieceBytes);
        if (!equalBytes(sha256(bytes), hash)) missing.push(piece);
      }
      missing.reverse();
      const from = async (holder: PeerId) => {
        for (let piece = missing.pop(); piece !== undefined; piece = missing.pop()) {
          const bytes = signal?.aborted === true ? null : await this.#pieceFrom(holder, offer, piece);
          if (bytes === null) {
            missing.push(piece);
            return;
          }
          await file.write(bytes, 0, bytes.length, piece * limits.modelPieceBytes);
        }
      };
      // Who fails once is asked no more; those that come later take what it left.
      const waiting = [...holders];
      const worker = async () => {
        for (let holder = waiting.shift(); holder !== undefined && missing.length > 0; holder = waiting.shift()) {
          await from(holder);
        }
      };
      await Promise.all(Array.from({ length: Math.min(askedAtOnce, holders.length) }, worker));
      // One that failed while the others were done already.
      for (const holder of holders) if (missing.length > 0) await from(holder);
      if (missing.length > 0) throw new Error(`${missing.length} of ${offer.pieces.length} pieces did not come`);
      await file.truncate(offer.manifest.sizeBytes);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async #pieceFrom(holder: PeerId, { manifest, pieces }: ModelOffer, piece: number): Promise<Uint8Array | null> {
    const question = PieceRequest.serialize({ fileHash: manifest.fileHash, ownOnly: false, piece });
    try {
      const maxBytes = pieceBytes(manifest, piece);
      const bytes = await askParcel(this.#options, holder, { protocol: modelProtocols.pieces, question, maxBytes });
      return bytes !== null && equalBytes(sha256(bytes), pieces[piece] ?? new Uint8Array()) ? bytes : null;
    } catch {
      return null;
    }
  }
}

/** What stays free on the disk, where the chain lies too. */
export const reservedBytes = 1024 ** 3;

/** Whether a file fits beside what stays free, of which a part is there already. */
export const fits = (file: { readonly sizeBytes: number; readonly haveBytes: number }, freeBytes: number): boolean =>
  freeBytes >= file.sizeBytes - file.haveBytes + reservedBytes;

async function requireRoom(partPath: string, sizeBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(partPath));
  const haveBytes = await stat(partPath).then(
    ({ size }) => size,
    () => 0,
  );
  if (fits({ sizeBytes, haveBytes }, bavail * bsize)) return;
  throw new Error(`it has ${sizeBytes} bytes, and beside it ${reservedBytes} must stay free on the disk`);
}
