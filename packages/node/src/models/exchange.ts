import { ModelNotice, ModelOffer, PieceRequest } from '@assay/protocol';
import type { Endpoint, MessageStream } from '@assay/roles/ports/network';
import type { Runtime } from '@assay/roles/ports/runtime';
import { decoded, heard } from '@assay/roles/ports/wire';
import { toHex } from '@assay/ssz';
import { serveWithin } from '../consensus/follow/slots.ts';
import { sendParcel } from '../consensus/follow/wire.ts';
import type { Shelf } from './shelf.ts';

/** How nodes speak of model files (§19.8). */
export const modelProtocols = { offers: '/assay/model-offers/1', pieces: '/assay/model-pieces/1' } as const;
export const modelTopic = 'assay/model-files/1';

const served = { offers: { perPeer: 1, inAll: 8 }, pieces: { perPeer: 2, inAll: 8 } } as const;
/** What all that want files get together, bytes a millisecond: 100 Mbit/s. */
const paceBytesPerMs = 12_500;
/** A node says at most so often that it holds a file. */
const sayAgainMs = 2000;
/** Offers that are kept in memory. */
const keptOffers = 8;

export interface ModelServerOptions {
  readonly endpoint: Pick<Endpoint, 'handle' | 'publish' | 'subscribe'>;
  readonly shelf: Shelf;
  readonly runtime: Pick<Runtime, 'timer' | 'sleep' | 'monotonicMs'>;
  /** Hears who holds which file. */
  readonly onHeld?: (fileHash: string, peer: string) => void;
}

/** Gives the files on a shelf to whoever asks, in pieces, and says to who wants one that they are there (§19.8). */
export class ModelServer {
  readonly #options: ModelServerOptions;
  readonly #offers = new Map<string, ModelOffer>();
  readonly #saidMs = new Map<string, number>();
  /** When the pieces sent so far have had their time. */
  #freeMs = 0;

  constructor(options: ModelServerOptions) {
    this.#options = options;
    const { endpoint } = options;
    serveWithin(served.offers, endpoint, {
      protocol: modelProtocols.offers,
      answer: (stream, question) => this.#answerOffer(stream, question),
    });
    serveWithin(served.pieces, endpoint, {
      protocol: modelProtocols.pieces,
      answer: (stream, question) => this.#answerPiece(stream, question),
    });
    endpoint.subscribe(modelTopic, (message, from) => {
      const { fileHash, isHeld } = heard(message, ModelNotice);
      if (isHeld) options.onHeld?.(toHex(fileHash), from);
      else void this.#sayHeld(fileHash);
    });
  }

  async #sayHeld(fileHash: Uint8Array): Promise<void> {
    const { endpoint, runtime } = this.#options;
    const now = runtime.monotonicMs();
    const name = toHex(fileHash);
    // Only what is here is remembered, so that nobody fills the list with hashes.
    if (now - (this.#saidMs.get(name) ?? Number.NEGATIVE_INFINITY) < sayAgainMs) return;
    if ((await this.#offerOf(fileHash)) === null) return;
    this.#saidMs.set(name, now);
    endpoint.publish(modelTopic, ModelNotice.serialize({ fileHash, isHeld: true }));
  }

  async #offerOf(fileHash: Uint8Array): Promise<ModelOffer | null> {
    const name = toHex(fileHash);
    const known = this.#offers.get(name);
    if (known !== undefined) return known;
    const offer = await this.#options.shelf.offerOf(fileHash);
    if (offer === null) return null;
    const [oldest] = this.#offers.keys();
    if (this.#offers.size >= keptOffers && oldest !== undefined) this.#offers.delete(oldest);
    this.#offers.set(name, offer);
    return offer;
  }

  async #answerOffer(stream: MessageStream, question: Uint8Array): Promise<void> {
    const { fileHash } = decoded(stream, ModelNotice, question);
    const offer = await this.#offerOf(fileHash);
    if (offer !== null) await sendParcel(this.#options.runtime, stream, ModelOffer.serialize(offer));
    stream.close();
  }

  async #answerPiece(stream: MessageStream, question: Uint8Array): Promise<void> {
    const { runtime, shelf } = this.#options;
    const { fileHash, piece } = decoded(stream, PieceRequest, question);
    const offer = await this.#offerOf(fileHash);
    const bytes = offer === null ? null : await shelf.pieceOf(offer, piece).catch(() => null);
    if (bytes !== null) {
      await this.#turn(bytes.length);
      await sendParcel(runtime, stream, bytes);
    }
    stream.close();
  }

  /** Waits until all that was sent before has had its time at the pace. */
  async #turn(bytes: number): Promise<void> {
    const { runtime } = this.#options;
    const now = runtime.monotonicMs();
    const begins = Math.max(now, this.#freeMs);
    this.#freeMs = begins + bytes / paceBytesPerMs;
    if (begins > now) await runtime.sleep(Math.ceil(begins - now));
  }
}
