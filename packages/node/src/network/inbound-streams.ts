import { type MessageStream, networkLimits, type PeerId } from '@assay/roles/ports/network';
import type { Timers } from '@assay/roles/ports/runtime';

export type StreamHandler = (stream: MessageStream, from: PeerId) => Promise<void>;

type Inbound = MessageStream & {
  /** Whether the other side has sent a message. */
  hasBegun(): boolean;
};

/** The streams that others have opened to a peer, whatever carries them: how many may be, and how long (§5.24). */
export class InboundStreams<Stream extends Inbound> {
  readonly #timers: Timers;
  /** The oldest first, with who opened it. */
  readonly #opened = new Map<Stream, PeerId>();
  #late = 0;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Streams that ended without a first message. */
  get late(): number {
    return this.#late;
  }

  get size(): number {
    return this.#opened.size;
  }

  /** Room for one more stream of a peer; where there is none, the oldest without a message gives way. */
  hasRoomFor(from: PeerId): boolean {
    let ofPeer = 0;
    for (const peer of this.#opened.values()) if (peer === from) ofPeer++;
    if (ofPeer >= networkLimits.streamsPerPeer) return false;
    if (this.#opened.size < networkLimits.streams) return true;
    const unused = [...this.#opened.keys()].find((stream) => !stream.hasBegun());
    unused?.abort();
    return unused !== undefined;
  }

  /** Gives the stream to its handler; resolves when that is done with it, well or not. */
  async serve(stream: Stream, from: PeerId, handler: StreamHandler): Promise<void> {
    this.#opened.set(stream, from);
    const cancel = this.#timers.timer(networkLimits.firstMessageMs, () => {
      if (stream.hasBegun()) return;
      this.#late++;
      stream.abort();
    });
    try {
      await handler(stream, from);
    } catch {
      stream.abort();
    } finally {
      cancel();
      this.forget(stream);
    }
  }

  forget(stream: Stream): void {
    this.#opened.delete(stream);
  }

  clear(): void {
    this.#opened.clear();
  }
}
