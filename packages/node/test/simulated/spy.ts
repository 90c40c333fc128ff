import { MemoryNetwork } from '../../src/network/memory.ts';
import type { Endpoint, MessageStream, PeerId } from '../../src/network/port.ts';

/** A message that a peer got on a stream that another one opened. */
export interface Heard {
  readonly to: PeerId;
  readonly from: PeerId;
  readonly protocol: string;
  /** Place of the message in its stream, and which stream of its peer it was. */
  readonly place: number;
  readonly stream: number;
  /** Streams of that protocol that were open at the peer then, this one among them. */
  readonly open: number;
  readonly message: Uint8Array;
}

/** A network that tells what its peers get, as they get it. */
export class SpyNetwork extends MemoryNetwork {
  readonly #listeners: ((heard: Heard) => void)[] = [];

  onHeard(listener: (heard: Heard) => void): void {
    this.#listeners.push(listener);
  }

  override async join(id: PeerId): Promise<Endpoint> {
    const endpoint = await super.join(id);
    const open = new Map<string, number>();
    let streams = 0;
    return {
      id: endpoint.id,
      publish: (topic, message) => endpoint.publish(topic, message),
      subscribe: (topic, handler) => endpoint.subscribe(topic, handler),
      open: (peer, protocol) => endpoint.open(peer, protocol),
      leave: () => endpoint.leave(),
      handle: (protocol, handler) =>
        endpoint.handle(protocol, async (stream, from) => {
          const add = (change: number) => open.set(protocol, (open.get(protocol) ?? 0) + change);
          const number = streams++;
          let place = 0;
          add(1);
          const tapped = tap(stream, (message) => {
            const about = { to: id, from, protocol, place: place++, stream: number, open: open.get(protocol) ?? 0 };
            for (const listener of this.#listeners) listener({ ...about, message });
          });
          await handler(tapped, from).finally(() => add(-1));
        }),
    };
  }
}

function tap(stream: MessageStream, heard: (message: Uint8Array) => void): MessageStream {
  return {
    send: (message) => stream.send(message),
    close: () => stream.close(),
    abort: () => stream.abort(),
    messages: {
      next: async () => {
        const result = await stream.messages.next();
        if (result.done !== true) heard(result.value);
        return result;
      },
    },
  };
}
