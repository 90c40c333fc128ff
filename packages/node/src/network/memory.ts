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
import { InboundStreams, type StreamHandler } from './inbound-streams.ts';
import { Subscriptions, type TopicHandler } from './subscriptions.ts';

/** One direction of a stream: a bounded queue whose writers wait. */
class Lane {
  readonly #queue: Uint8Array[] = [];
  #waitingBytes = 0;
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
    while (!this.#hasRoomFor(message.length) && this.#lostTo === null && !this.#ended) {
      await new Promise<void>((resolve) => this.#writers.push(resolve));
    }
    if (this.#lostTo !== null || this.#ended) throw new StreamLost(to);
    this.#queue.push(message);
    this.#waitingBytes += message.length;
    this.#isUsed = true;
    this.#wakeReader();
  }

  async read(): Promise<IteratorResult<Uint8Array>> {
    for (;;) {
      if (this.#lostTo !== null) throw new StreamLost(this.#lostTo);
      const message = this.#queue.shift();
      if (message !== undefined) {
        this.#waitingBytes -= message.length;
        this.#writers.shift()?.();
        return { done: false, value: message };
      }
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#reader = resolve;
      });
    }
  }

  #hasRoomFor(bytes: number): boolean {
    const { streamMessages, streamBytes } = networkLimits;
    if (this.#queue.length === 0) return true;
    return this.#queue.length < streamMessages && this.#waitingBytes + bytes <= streamBytes;
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
  readonly #handlers = new Map<string, StreamHandler>();
  readonly #streams = new Set<TrackedStream>();
  readonly #inbound: InboundStreams<TrackedStream>;
  readonly #subscriptions: Subscriptions;
  #left = false;

  constructor(id: PeerId, network: MemoryNetwork, timers: Timers) {
    this.id = id;
    this.#network = network;
    this.#inbound = new InboundStreams(timers);
    this.#subscriptions = new Subscriptions(timers);
  }

  publish(topic: string, message: Uint8Array): void {
    if (!this.#left) this.#network.publish(topic, message, this.id);
  }

  subscribe(topic: string, handler: TopicHandler): void {
    this.#subscriptions.add(topic, handler);
  }

  handle(protocol: string, handler: StreamHandler): void {
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
    if (handler === undefined || !this.#inbound.hasRoomFor(from)) throw new StreamLost(this.id);
    this.#track(stream);
    void this.#inbound.serve(stream, from, handler).then(() => this.#forget(stream));
  }

  #forget(stream: TrackedStream): void {
    this.#streams.delete(stream);
    this.#inbound.forget(stream);
  }

  deliver(topic: string, message: Uint8Array, from: PeerId): void {
    this.#subscriptions.deliver(topic, message, from);
  }

  leave(): void {
    this.#left = true;
    this.#network.remove(this.id);
    this.#subscriptions.end();
    for (const stream of this.#streams) stream.abort();
    this.#streams.clear();
    this.#inbound.clear();
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
