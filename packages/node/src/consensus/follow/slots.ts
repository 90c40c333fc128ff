import type { Endpoint, MessageStream, PeerId } from '@assay/roles/ports/network';

interface Room {
  readonly perPeer: number;
  readonly inAll: number;
}

/** §19.2 Answers a protocol of `endpoint` while there is room; a stream above that is broken. */
export function serveWithin(
  room: Room,
  endpoint: Pick<Endpoint, 'handle'>,
  { protocol, answer }: { readonly protocol: string; readonly answer: (stream: MessageStream) => Promise<void> },
): void {
  const slots = new Slots(room);
  endpoint.handle(protocol, async (stream, from) => {
    if (!slots.take(from)) return stream.abort();
    try {
      await answer(stream);
    } finally {
      slots.free(from);
    }
  });
}

/** Room for what is served at once: to one peer, and to all. */
class Slots {
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
