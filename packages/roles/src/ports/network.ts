import { limits } from '@assay/protocol';
import { toHex } from '@assay/ssz';

/** A peer's Ed25519 public key, in lower-case hex. */
export type PeerId = string;

/** Who speaks with this key, as the peer of a role or a miner (§3.5). */
export function peerIdOf({ publicKey }: { readonly publicKey: Uint8Array }): PeerId {
  return toHex(publicKey);
}

/** The Ed25519 key that a peer proves to hold. */
export interface PeerSigner {
  readonly publicKey: Uint8Array;
  /** The signature of any bytes; 64 bytes. */
  sign(bytes: Uint8Array): Uint8Array;
}

/**
 * A two-way sequence of messages. Sending waits while the other side is `streamMessages` or `streamBytes` behind; who
 * sends on without waiting bounds by itself what it has not sent.
 */
export interface MessageStream {
  send(message: Uint8Array): Promise<void>;
  /** The other side's messages; ends when it closes, throws {@link StreamLost} when it is gone. Read by one reader. */
  readonly messages: AsyncIterator<Uint8Array>;
  /** Says that nothing more will be sent. */
  close(): void;
  /** Breaks the stream for both sides; `unreadable` says what of it could not be read, where it was that. */
  abort(unreadable?: string): void;
}

/** The other side of a stream is gone. */
export class StreamLost extends Error {
  constructor(peer: PeerId, why = 'was lost') {
    super(`the stream to ${peer} ${why}`);
    this.name = 'StreamLost';
  }
}

/** What a subscriber throws at bytes that are no message of its topic: whoever signed them is at fault (§5.28). */
export class NoMessage extends Error {}

/** One peer in the network. */
export interface Endpoint {
  readonly id: PeerId;
  /** Tells every subscriber; never waits. A peer that is `topicMessages` behind loses the newest. */
  publish(topic: string, message: Uint8Array): void;
  subscribe(topic: string, handler: (message: Uint8Array, from: PeerId) => void): void;
  /** A stream is the handler's until it resolves; one whose first message is not there in `firstMessageMs` breaks. */
  handle(protocol: string, handler: (stream: MessageStream, from: PeerId) => Promise<void>): void;
  /**
   * Dials the peer where need be. Rejects with {@link StreamLost} when it is not there, does not speak the protocol or
   * has no room for a stream; also when it has not answered in two seconds (§5.24).
   */
  open(peer: PeerId, protocol: string): Promise<MessageStream>;
  /** Leaves the network: every stream of this peer breaks. */
  leave(): void;
}

export interface Network {
  /** Rejects with an Error while another has joined with that key. */
  join(signer: PeerSigner): Promise<Endpoint>;
}

/** What others may use of a peer, whatever carries the messages (§5.24). */
export const networkLimits = {
  /** Messages that may wait in one direction of one stream; the sender waits then. */
  streamMessages: 256,
  /** Bytes that may, beside one message of any length; the sender waits then. */
  streamBytes: 2 * limits.maxMessageBytes,
  /** Messages that may wait for the subscriptions of one peer; the newest is dropped then. */
  topicMessages: 8192,
  /** Streams that others have opened to a peer: the oldest unused gives way then, or the new one is refused. */
  streams: 4096,
  /** Those of them that one other peer has; a new one is refused then. */
  streamsPerPeer: 1024,
  /** Longest wait for the first message of a stream. */
  firstMessageMs: 2000,
  /** Longest wait of who opens a stream until the other side has taken it, the dial included. */
  openMs: 2000,
} as const;
