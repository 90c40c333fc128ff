import { type Endpoint, type MessageStream, networkLimits, type PeerId, StreamLost } from '@assay/roles/ports/network';
import type { Runtime } from '@assay/roles/ports/runtime';
import type { Message } from '@libp2p/gossipsub';
import {
  type Connection,
  ConnectionClosedError,
  type IdentifyResult,
  type PeerId as Libp2pPeerId,
  type Stream,
} from '@libp2p/interface';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { InboundStreams, type StreamHandler } from '../inbound-streams.ts';
import { Subscriptions, type TopicHandler } from '../subscriptions.ts';
import { type AddressBook, placeOf } from './address-book.ts';
import { deadline, unlessAborted } from './deadline.ts';
import { FramedStream } from './framed-stream.ts';
import { HeldBytes } from './held-bytes.ts';
import { dialMs, type Host } from './host.ts';
import { KeepConnected } from './keep-connected.ts';
import { libp2pIdOf, peerOf } from './peer-key.ts';
import type { Programs } from './programs.ts';
import { authorOf, type TopicGate } from './topics.ts';
import type { Turns } from './turns.ts';

/** How often the gossip of each neighbour is looked at, and the score at which it is cut off. */
const watchMs = 1000;
const worstScore = -50;

export interface EndpointParts {
  readonly host: Host;
  readonly runtime: Pick<Runtime, 'timer' | 'monotonicMs'>;
  readonly book: AddressBook;
  readonly programs: Programs;
  readonly gate: TopicGate;
  /** Dials of all keys of this machine. */
  readonly turns: Turns;
  /** Called with a peer that has sent what no honest peer sends. */
  readonly onFault: (peer: PeerId) => void;
  readonly onLeave: (stopped: Promise<void>) => void;
}

/** One key in a network of machines. */
export class Libp2pEndpoint implements Endpoint {
  readonly id: PeerId;
  readonly #parts: EndpointParts;
  readonly #streams = new Set<FramedStream>();
  readonly #inbound: InboundStreams<FramedStream>;
  readonly #subscriptions: Subscriptions;
  /** One dial for all who wait for a peer. */
  readonly #dials = new Map<PeerId, Promise<Connection>>();
  readonly #held = new HeldBytes();
  readonly #counts = { refused: 0, tooMuchHeld: 0 };
  #keep: KeepConnected | null = null;
  #left = false;

  constructor(id: PeerId, parts: EndpointParts) {
    this.id = id;
    this.#parts = parts;
    this.#inbound = new InboundStreams(parts.runtime);
    this.#subscriptions = new Subscriptions(parts.runtime, (topic, author, { message }) => {
      parts.programs.unreadable(author, topic, message);
      parts.onFault(author);
    });
    parts.host.addEventListener('peer:identify', ({ detail }) => this.#identified(detail));
    parts.host.services.pubsub.addEventListener('message', ({ detail }) => this.#hear(detail));
    this.#watch();
  }

  publish(topic: string, message: Uint8Array): void {
    // Who is not connected hears nothing; nobody waits for this.
    if (!this.#left) this.#parts.host.services.pubsub.publish(topic, message).catch(() => {});
  }

  subscribe(topic: string, handler: TopicHandler): void {
    const { pubsub } = this.#parts.host.services;
    pubsub.topicValidators.set(topic, (_, message) => this.#parts.gate.judge(message));
    pubsub.subscribe(topic);
    this.#subscriptions.add(topic, handler);
  }

  handle(protocol: string, handler: StreamHandler): void {
    const accept = (stream: Stream, connection: Connection) => this.#accept(stream, connection, handler);
    const options = {
      maxInboundStreams: networkLimits.streamsPerPeer,
      force: true,
      runOnLimitedConnection: true,
    } as const;
    this.#parts.host.handle(protocol, accept, options).catch(() => {});
  }

  async open(peer: PeerId, protocol: string): Promise<MessageStream> {
    const { signal, cancel } = deadline(this.#parts.runtime, networkLimits.openMs);
    try {
      const stream = this.#framed(await this.#newStream(peer, protocol, signal), peer);
      signal.addEventListener('abort', () => stream.abort(), { once: true });
      await stream.taken;
      return stream;
    } catch (error) {
      throw error instanceof StreamLost ? error : new StreamLost(peer);
    } finally {
      cancel();
    }
  }

  leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#keep?.stop();
    this.#subscriptions.end();
    for (const stream of this.#streams) stream.abort();
    this.#inbound.clear();
    this.#parts.onLeave(Promise.resolve(this.#parts.host.stop()));
  }

  /** Dials these peers until they are connected, and again when they no longer are. */
  keepConnected(peers: () => readonly PeerId[]): void {
    this.#keep?.stop();
    if (this.#left) return;
    const dial = async (peer: PeerId, only: string | null) => {
      const { direction, remoteAddr } = await this.#connect(peer, only);
      return direction === 'outbound' ? placeOf(remoteAddr) : null;
    };
    const isConnected = (peer: PeerId) => this.#connection(peer) !== undefined;
    const isAt = (peer: PeerId, address: string) =>
      this.#connections(peer).some(
        ({ direction, remoteAddr }) => direction === 'outbound' && placeOf(remoteAddr) === address,
      );
    const others = () => peers().filter((peer) => peer !== this.id);
    this.#keep = new KeepConnected(this.#parts, { dial, isConnected, isAt }, others);
    this.#keep.start();
  }

  /** Closes all connections with a peer. */
  cutOff(peer: PeerId): void {
    const id = libp2pIdOf(peer);
    if (id !== null) for (const each of this.#parts.host.getConnections(id)) each.abort(new Error('cut off'));
  }

  /** Where others reach this peer; empty when it only dials. */
  get addresses(): string[] {
    return this.#parts.host.getMultiaddrs().map((address) => address.toString());
  }

  /** Who is connected and listens to a topic. */
  listenersOf(topic: string): readonly PeerId[] {
    return this.#parts.host.services.pubsub.getSubscribers(topic).flatMap((id) => peerOf(id) ?? []);
  }

  /** Streams that are not over. */
  get streams(): number {
    return this.#streams.size;
  }

  metrics(): Record<string, number> {
    return {
      connections: this.#parts.host.getConnections().length,
      streams: this.#streams.size,
      inboundStreams: this.#inbound.size,
      streamsRefused: this.#counts.refused,
      streamsWithoutFirstMessage: this.#inbound.late,
      streamsHoldingTooMuch: this.#counts.tooMuchHeld,
      heldBytes: this.#held.all,
      topicMessagesDropped: this.#subscriptions.dropped,
      topicMessagesRefused: this.#parts.gate.refused,
      dialsFailed: this.#keep?.failed ?? 0,
    };
  }

  #hear(message: Message): void {
    const author = authorOf(message);
    if (author !== null) this.#subscriptions.deliver(message.topic, message.data, author);
  }

  #accept(raw: Stream, { remotePeer }: Connection, handler: StreamHandler): void {
    const from = peerOf(remotePeer);
    if (this.#left || from === null || !this.#inbound.hasRoomFor(from)) {
      this.#counts.refused++;
      raw.abort(new Error('no room'));
      return;
    }
    const stream = this.#framed(raw, from);
    stream.take();
    void this.#inbound.serve(stream, from, handler).then(() => stream.release());
  }

  #framed(raw: Stream, peer: PeerId): FramedStream {
    const stream = new FramedStream(raw, {
      peer,
      timers: this.#parts.runtime,
      onFault: () => this.#parts.onFault(peer),
      onUnreadable: (what) => this.#parts.programs.unreadable(peer, raw.protocol, what),
      hold: (bytes) => this.#hold(peer, bytes),
      onOver: () => {
        this.#streams.delete(stream);
        this.#inbound.forget(stream);
      },
    });
    this.#streams.add(stream);
    return stream;
  }

  /** The stream that brings too much of one peer breaks; where that of all is too much, those of who has the most. */
  #hold(peer: PeerId, more: number): boolean {
    const isRoom = this.#held.add(peer, more);
    if (!isRoom) this.#counts.tooMuchHeld++;
    const worst = more > 0 ? this.#held.tooMuch() : null;
    if (worst !== null) {
      this.#counts.tooMuchHeld++;
      for (const stream of this.#streams) if (stream.peer === worst) stream.abort();
    }
    return isRoom;
  }

  #connection(peer: PeerId): Connection | undefined {
    return this.#connections(peer)[0];
  }

  #connections(peer: PeerId): readonly Connection[] {
    const id = libp2pIdOf(peer);
    return id === null ? [] : this.#parts.host.getConnections(id).filter(({ status }) => status === 'open');
  }

  async #newStream(peer: PeerId, protocol: string, signal: AbortSignal): Promise<Stream> {
    const options = { signal, maxOutboundStreams: networkLimits.streams, runOnLimitedConnection: true };
    const connection = await unlessAborted(signal, this.#connect(peer));
    try {
      return await connection.newStream(protocol, options);
    } catch (error) {
      if ((error as Error).name === 'UnsupportedProtocolError') throw await this.#refused(connection, protocol, signal);
      // The peer is gone from this connection, and may be back on another.
      if (!(error instanceof ConnectionClosedError)) throw error;
      connection.abort(error);
      return (await unlessAborted(signal, this.#connect(peer))).newStream(protocol, options);
    }
  }

  #identified({ peerId, agentVersion }: Pick<IdentifyResult, 'peerId' | 'agentVersion'>): void {
    const peer = peerOf(peerId);
    if (peer !== null) this.#parts.programs.runs(peer, agentVersion);
  }

  /** Why a peer does not take a stream: it may speak another version of the protocol (§5.31). */
  async #refused(connection: Connection, protocol: string, signal: AbortSignal): Promise<StreamLost> {
    const peer = peerOf(connection.remotePeer) ?? '';
    const { protocols } = await this.#parts.host.services.identify.identify(connection, { signal });
    return new StreamLost(peer, this.#parts.programs.refusal(peer, protocol, protocols) ?? undefined);
  }

  async #connect(peer: PeerId, only: string | null = null): Promise<Connection> {
    const known = this.#connection(peer) ?? this.#dials.get(peer);
    if (known !== undefined) return known;
    const dial = this.#dial(peer, only).finally(() => this.#dials.delete(peer));
    this.#dials.set(peer, dial);
    return dial;
  }

  /** Longer than anybody waits for a stream: who asks next finds the connection. */
  async #dial(peer: PeerId, only: string | null): Promise<Connection> {
    const { host, book, runtime } = this.#parts;
    const id = libp2pIdOf(peer);
    const places = only === null ? book.addressesOf(peer) : [multiaddr(only)];
    const addresses = id === null ? [] : places.flatMap((address) => addressFor(id, address) ?? []);
    if (this.#left || addresses.length === 0) throw new StreamLost(peer);
    const { signal, cancel } = deadline(runtime, dialMs);
    return host.dial(addresses, { signal }).finally(cancel);
  }

  /** Cuts off who passes on messages whose signatures are wrong. */
  #watch(): void {
    if (this.#left) return;
    const { host, runtime } = this.#parts;
    const { pubsub } = host.services;
    if (!isScoring(pubsub)) throw new Error('gossip keeps no scores');
    for (const id of pubsub.getPeers()) {
      const peer = peerOf(id);
      if (peer !== null && pubsub.getScore(id.toString()) <= worstScore) this.#parts.onFault(peer);
    }
    runtime.timer(watchMs, () => this.#watch());
  }
}

/** The address with the key that has to be there; null when it names another one. */
function addressFor(id: Libp2pPeerId, address: Multiaddr): Multiaddr | null {
  const last = address.getComponents().at(-1);
  if (last?.name !== 'p2p') return address.encapsulate(`/p2p/${id}`);
  return last.value === id.toString() ? address : null;
}

type Scoring = { getScore(peer: string): number };

function isScoring(pubsub: object): pubsub is Scoring & typeof pubsub {
  return 'getScore' in pubsub;
}
