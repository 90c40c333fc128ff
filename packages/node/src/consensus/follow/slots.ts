import type { Endpoint, MessageStream, PeerId } from '@assay/roles/ports/network';

interface Room {
  readonly perPeer: number;
  readonly inAll: number;
}

/** Answers a stream, of which this is the first message. */
export type Answer = (stream: MessageStream, question: Uint8Array) => Promise<void>;

/** §19.2 Answers a protocol of `endpoint` while there is room; a stream above that is broken. */
export function serveWithin(
  room: Room,
  endpoint: Pick<Endpoint, 'handle'>,
  { protocol, answer }: { readonly protocol: string; readonly answer: Answer },
): void {
  const slots = new Slots(room);
  endpoint.handle(protocol, async (stream, from) => {
    // Strangers who ask nothing would keep out who does.
    const { done, value: question } = await stream.messages.next();
    if (done === true || !slots.take(from)) return stream.abort();
    try {
      await answer(stream, question);
    } finally {
      slots.free(from);
    }
  });
}

/** Room for what is served at once: to one peer, and to all. */
export class Slots {
  readonly #limits: Room;
  readonly #taken = new Map<PeerId, number>();
  #all = 0;

  constructor(limits: Room) {
    this.#limits = limits;
  }

  /** Whether there was room, which is now taken. */
  take(peer: PeerId): boolean {
    const taken = this.#taken.get(peer) ?? 0;
    if (taken >= this.#limits.perPeer || this.#all >= this.#limits.inAll) return false;
    this.#taken.set(peer, taken + 1);
    this.#all += 1;
    return true;
  }

  free(peer: PeerId): void {
    const taken = this.#taken.get(peer) ?? 0;
    if (taken > 1) this.#taken.set(peer, taken - 1);
    else this.#taken.delete(peer);
    this.#all -= 1;
  }
}
