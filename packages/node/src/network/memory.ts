import { limits } from '@assay/protocol';
import {
  type Endpoint,
  type MessageStream,
  type Network,
  networkLimits,
  type PeerId,
  type PeerSigner,
  peerIdOf,
  StreamLost,
} from '@assay/roles/ports/network';
import type { Timers } from '@assay/roles/ports/runtime';

/** One direction of a stream: a bounded queue whose writers wait. */
class Lane {
  readonly #queue: Uint8Array[] = [];
  #ended = false;
  #isUsed = false;
  #lostTo: PeerId | null = null;
  #reader: (() => void) | null = null;
  #writers: (() => void)[] = [];
  readonly #watchers: (() => void)[] = [];

  async write(message: Uint8Array, to: PeerId): Promise<void> {
    if (message.length > limits.maxMessageBytes) {
      throw new RangeError(`a message of ${message.length} bytes is above the limit of ${limits.maxMessageBytes}`);
    }
    while (this.#queue.length >= networkLimits.streamMessages && this.#lostTo === null && !this.#ended) {
      await new Promise<void>((resolve) => this.#writers.push(resolve));
    }
    if (this.#lostTo !== null || this.#ended) throw new StreamLost(to);
    this.#queue.push(message);
    this.#isUsed = true;
    this.#wakeReader();
  }

  async read(): Promise<IteratorResult<Uint8Array>> {
    for (;;) {
      if (this.#lostTo !== null) throw new StreamLost(this.#lostTo);
      const message = this.#queue.shift();
      if (message !== undefined) {
        this.#writers.shift()?.();
        return { done: false, value: message };
      }
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#reader = resolve;
      });
    }
  }

  /** Whether anything was ever sent here. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  get isOver(): boolean {
    return this.#ended || this.#lostTo !== null;
  }

  /** Calls `watcher` when nothing more is sent here. */
  onOver(watcher: () => void): void {
    this.#watchers.push(watcher);
  }

  end(): void {
    this.#ended = true;
    this.#wakeAll();
  }

  lose(peer: PeerId): void {
    if (this.#ended && this.#queue.length === 0) return;
    this.#lostTo ??= peer;
    this.#wakeAll();
  }

  #wakeReader(): void {
    const reader = this.#reader;
    this.#reader = null;
    reader?.();
  }

  #wakeAll(): void {
    this.#wakeReader();
    for (const writer of this.#writers.splice(0)) writer();
    for (const watcher of this.#watchers) watcher();
  }
}

/** A stream of this network, which says when neither side will send any more. */
type TrackedStream = MessageStream & {
  onOver(forget: () => void): void;
  /** Whether the other side has sent anything. */
  hasBegun(): boolean;
};

function streamOver(lanes: { out: Lane; in: Lane; self: PeerId; peer: PeerId }): TrackedStream {
  return {
    send: (message) => lanes.out.write(message, lanes.peer),
    messages: { next: () => lanes.in.read() },
    close: () => lanes.out.end(),
    abort: () => {
      lanes.out.lose(lanes.self);
      lanes.in.lose(lanes.peer);
    },
    hasBegun: () => lanes.in.isUsed,
    onOver: (forget) => {
      for (const lane of [lanes.out, lanes.in]) {
        lane.onOver(() => lanes.out.isOver && lanes.in.isOver && forget());
      }
    },
  };
}

class MemoryEndpoint implements Endpoint {
  readonly id: PeerId;
  readonly #network: MemoryNetwork;
  readonly #runtime: Timers;
  readonly #handlers = new Map<string, (stream: MessageStream, from: PeerId) => Promise<void>>();
  readonly #streams = new Set<TrackedStream>();
  /** Those of them that others have opened, the oldest first, with who. */
  readonly #opened = new Map<TrackedStream, PeerId>();
  readonly #subscriptions: { topic: string; handler: (message: Uint8Array, from: PeerId) => void }[] = [];
  #waiting = 0;
  #left = false;

  constructor(id: PeerId, network: MemoryNetwork, runtime: Timers) {
    this.id = id;
    this.#network = network;
    this.#runtime = runtime;
  }

  publish(topic: string, message: Uint8Array): void {
    if (!this.#left) this.#network.publish(topic, message, this.id);
  }

  subscribe(topic: string, handler: (message: Uint8Array, from: PeerId) => void): void {
    this.#subscriptions.push({ topic, handler });
  }

  handle(protocol: string, handler: (stream: MessageStream, from: PeerId) => Promise<void>): void {
    this.#handlers.set(protocol, handler);
  }

  async open(peer: PeerId, protocol: string): Promise<MessageStream> {
    const target = this.#network.find(peer);
    if (this.#left || target === undefined) throw new StreamLost(peer);
    const there = new Lane();
    const back = new Lane();
    const stream = streamOver({ out: there, in: back, self: this.id, peer });
    const tracked = this.#track(stream);
    try {
      target.accept(protocol, streamOver({ out: back, in: there, self: peer, peer: this.id }), this.id);
    } catch (error) {
      this.#forget(stream);
      throw error;
    }
    return tracked;
  }

  accept(protocol: string, stream: TrackedStream, from: PeerId): void {
    const handler = this.#handlers.get(protocol);
    if (handler === undefined || !this.#hasRoomFor(from)) throw new StreamLost(this.id);
    this.#track(stream);
    this.#opened.set(stream, from);
    const cancel = this.#runtime.timer(networkLimits.firstMessageMs, () => stream.hasBegun() || stream.abort());
    handler(stream, from)
      .catch(() => stream.abort())
      .finally(() => {
        cancel();
        this.#forget(stream);
      });
  }

  /** §5.24 Room for one more stream of a peer; where there is none, the oldest without a message gives way. */
  #hasRoomFor(from: PeerId): boolean {
    let ofPeer = 0;
    for (const peer of this.#opened.values()) if (peer === from) ofPeer++;
    if (ofPeer >= networkLimits.streamsPerPeer) return false;
    if (this.#opened.size < networkLimits.streams) return true;
    const unused = [...this.#opened.keys()].find((stream) => !stream.hasBegun());
    unused?.abort();
    return unused !== undefined;
  }

  #forget(stream: TrackedStream): void {
    this.#streams.delete(stream);
    this.#opened.delete(stream);
  }

  deliver(topic: string, message: Uint8Array, from: PeerId): void {
    for (const { topic: subscribed, handler } of this.#subscriptions) {
      if (subscribed !== topic || this.#waiting >= networkLimits.topicMessages) continue;
      this.#waiting++;
      this.#runtime.timer(0, () => {
        this.#waiting--;
        if (!this.#left) hear(handler, message, from);
      });
    }
  }

  leave(): void {
    this.#left = true;
    this.#network.remove(this.id);
    for (const stream of this.#streams) stream.abort();
    this.#streams.clear();
    this.#opened.clear();
  }

  /** Streams that are not over. */
  get streams(): number {
    return this.#streams.size;
  }

  /** Forgets the stream once this side has read it to its end, or neither side will send any more. */
  #track(stream: TrackedStream): MessageStream {
    this.#streams.add(stream);
    stream.onOver(() => this.#forget(stream));
    const next = async (): Promise<IteratorResult<Uint8Array>> => {
      try {
        const result = await stream.messages.next();
        if (result.done) this.#forget(stream);
        return result;
      } catch (error) {
        this.#forget(stream);
        throw error;
      }
    };
    return { ...stream, messages: { next } };
  }
}

/** What a subscriber cannot read is dropped: no peer can stop another with a message. */
function hear(handler: (message: Uint8Array, from: PeerId) => void, message: Uint8Array, from: PeerId): void {
  try {
    handler(message, from);
  } catch {
    // Nobody waits for an answer to what was published.
  }
}

/** A network inside one process: the same bounded queues and broken streams as a real one, no sockets. */
export class MemoryNetwork implements Network {
  readonly #runtime: Timers;
  readonly #endpoints = new Map<PeerId, MemoryEndpoint>();

  constructor(runtime: Timers) {
    this.#runtime = runtime;
  }

  async join(signer: PeerSigner): Promise<Endpoint> {
    const id = peerIdOf(signer);
    if (this.#endpoints.has(id)) throw new Error(`${id} is already in this network`);
    const endpoint = new MemoryEndpoint(id, this, this.#runtime);
    this.#endpoints.set(id, endpoint);
    return endpoint;
  }

  /** Streams of all peers that are not over; both ends count. */
  get streams(): number {
    return [...this.#endpoints.values()].reduce((sum, endpoint) => sum + endpoint.streams, 0);
  }

  find(id: PeerId): MemoryEndpoint | undefined {
    return this.#endpoints.get(id);
  }

  publish(topic: string, message: Uint8Array, from: PeerId): void {
    for (const endpoint of this.#endpoints.values()) if (endpoint.id !== from) endpoint.deliver(topic, message, from);
  }

  remove(id: PeerId): void {
    this.#endpoints.delete(id);
  }
}
