import { limits, ModelNotice, ModelOffer, OfferRequest, PieceRequest } from '@assay/protocol';
import type { Endpoint, MessageStream, PeerId } from '@assay/roles/ports/network';
import type { Runtime } from '@assay/roles/ports/runtime';
import { decoded } from '@assay/roles/ports/wire';
import { toHex } from '@assay/ssz';
import { type Answer, Slots, serveWithin } from '../consensus/follow/slots.ts';
import { askParcel, sendParcel } from '../consensus/follow/wire.ts';
import type { Shelf } from './shelf.ts';

/** How nodes speak of model files (§19.8). */
export const modelProtocols = {
  notices: '/assay/model-notices/1',
  offers: '/assay/model-offers/1',
  pieces: '/assay/model-pieces/1',
} as const;

const served = {
  notices: { perPeer: 4, inAll: 64 },
  offers: { perPeer: 1, inAll: 8 },
  pieces: { perPeer: 2, inAll: 8 },
} as const;
/** The largest offer, serialised. */
export const maxOfferBytes = limits.maxModelPieces * 32 + 16 * 1024;
/** What all that want files get together, bytes a millisecond: 100 Mbit/s. */
const paceBytesPerMs = 12_500;
/** How often a node says to its peers which files it holds. */
const tellEachMs = 10_000;
/** Offers that are kept in memory. */
const keptOffers = 8;

/** Files of which holders are remembered, and holders of one. */
const keptFiles = 64;
const keptHolders = 16;

export interface ModelServerOptions {
  readonly endpoint: Pick<Endpoint, 'open' | 'handle'>;
  readonly shelf: Shelf;
  readonly runtime: Pick<Runtime, 'timer' | 'sleep' | 'monotonicMs'>;
  /** The nodes that this one tells what it holds: they pass on questions that they are asked. */
  readonly peers: readonly PeerId[];
}

/**
 * Gives the files on a shelf to whoever asks, in pieces, or has them given by a node that said it holds them (§19.8).
 */
export class ModelServer {
  readonly #options: ModelServerOptions;
  readonly #offers = new Map<string, ModelOffer>();
  readonly #holders = new Map<string, Set<PeerId>>();
  /** When the pieces sent so far have had their time. */
  #freeMs = 0;
  #cancel: () => void = () => {};

  constructor(options: ModelServerOptions) {
    this.#options = options;
    const { endpoint } = options;
    const { notices, offers, pieces } = modelProtocols;
    const handle = (protocol: string, room: (typeof served)[keyof typeof served], answer: Answer) =>
      serveWithin(room, endpoint, { protocol, answer });
    handle(offers, served.offers, (stream, question) => this.#answerOffer(stream, question));
    handle(pieces, served.pieces, (stream, question) => this.#answerPiece(stream, question));
    const slots = new Slots(served.notices);
    endpoint.handle(notices, async (stream, from) => {
      if (!slots.take(from)) return stream.abort();
      try {
        const { value, done } = await stream.messages.next();
        if (done !== true) this.#hear(toHex(decoded(stream, ModelNotice, value).fileHash), from);
        stream.close();
      } finally {
        slots.free(from);
      }
    });
    this.#tellLater(0);
  }

  /** Says nothing more by itself. */
  close(): void {
    this.#cancel();
  }

  /** Who may give a file: who said so, then those who may know who did. */
  holdersOf(fileHash: string): PeerId[] {
    return [...new Set([...(this.#holders.get(fileHash) ?? []), ...this.#options.peers])];
  }

  #hear(fileHash: string, from: PeerId): void {
    const known = this.#holders.get(fileHash) ?? new Set();
    // The newest notices count: who held a file long ago may hold it no more.
    known.delete(from);
    known.add(from);
    const [first] = known;
    if (known.size > keptHolders && first !== undefined) known.delete(first);
    this.#holders.delete(fileHash);
    this.#holders.set(fileHash, known);
    const [oldest] = this.#holders.keys();
    if (this.#holders.size > keptFiles && oldest !== undefined) this.#holders.delete(oldest);
  }

  #tellLater(ms: number): void {
    this.#cancel = this.#options.runtime.timer(ms, async () => {
      await this.#tell().catch(() => {});
      this.#tellLater(tellEachMs);
    });
  }

  async #tell(): Promise<void> {
    const { shelf, peers, endpoint } = this.#options;
    for (const fileHash of await shelf.held()) {
      for (const peer of peers) {
        const stream = await endpoint.open(peer, modelProtocols.notices).catch(() => null);
        await stream?.send(ModelNotice.serialize({ fileHash })).catch(() => {});
        stream?.close();
      }
    }
  }

  /** What a holder that is known here answers; null where none does. */
  async #fromHolder(fileHash: Uint8Array, asked: Parameters<typeof askParcel>[2]): Promise<Uint8Array | null> {
    for (const holder of [...(this.#holders.get(toHex(fileHash)) ?? [])].reverse()) {
      const bytes = await askParcel(this.#options, holder, asked).catch(() => null);
      if (bytes !== null) return bytes;
    }
    return null;
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
    const { fileHash, ownOnly } = decoded(stream, OfferRequest, question);
    const own = await this.#offerOf(fileHash);
    const asked = {
      protocol: modelProtocols.offers,
      question: OfferRequest.serialize({ fileHash, ownOnly: true }),
      maxBytes: maxOfferBytes,
    };
    const passed = own !== null || ownOnly ? null : await this.#fromHolder(fileHash, asked);
    const bytes = own === null ? passed : ModelOffer.serialize(own);
    if (bytes !== null) await sendParcel(this.#options.runtime, stream, bytes);
    stream.close();
  }

  async #answerPiece(stream: MessageStream, question: Uint8Array): Promise<void> {
    const { runtime, shelf } = this.#options;
    const { fileHash, ownOnly, piece } = decoded(stream, PieceRequest, question);
    const offer = await this.#offerOf(fileHash);
    const own = offer === null ? null : await shelf.pieceOf(offer, piece).catch(() => null);
    const asked = {
      protocol: modelProtocols.pieces,
      question: PieceRequest.serialize({ fileHash, ownOnly: true, piece }),
      maxBytes: limits.modelPieceBytes,
    };
    const bytes = own !== null || ownOnly ? own : await this.#fromHolder(fileHash, asked);
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
