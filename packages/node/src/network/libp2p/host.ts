import { networkLimits, type PeerId, type PeerSigner } from '@assay/roles/ports/network';
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { type GossipSub, gossipsub } from '@libp2p/gossipsub';
import { type Identify, identify } from '@libp2p/identify';
import type { Libp2p, PeerId as Libp2pPeerId } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import { Doorkeeper } from './doorkeeper.ts';
import { peerOf, privateKeyOf } from './peer-key.ts';

/** Connections of a peer; a new one is closed where there are so many. */
const maxConnections = 4096;
/** Longest wait for a connection: a machine that is busy, or far, takes longer than anybody waits for a stream. */
export const dialMs = 10_000;
/** New connections from one address of the internet in a second, and of all those whose keys are not known yet. */
const maxNewPerSecond = 64;
const maxUnknown = maxConnections;
/** Streams of one connection besides those of the network's own protocols. */
const otherStreams = 32;
/** Bytes of one gossip packet, of all that waits for a slow peer, and of the topics that one peer may name. */
export const maxTopicMessageBytes = 64 * 1024;
const maxPacketBytes = 1024 * 1024;
const maxWaitingBytes = 16 * 1024 * 1024;
const maxTopicBytes = 4096;
/** What one second of gossip whose signature is wrong is forgotten to, as a part. */
const invalidDecay = 0.9;

/** What a relay gives those that nobody can dial: so many of them, so long, so many bytes each way. */
const relayLimits = {
  maxInboundHopStreams: 128,
  maxOutboundStopStreams: 128,
  reservations: {
    maxReservations: 128,
    defaultDurationLimit: 3_600_000,
    defaultDataLimit: 1024n * 1024n * 1024n,
  },
};

/**
 * An author tells all of its neighbours that listen (`floodPublish`), and it keeps to those who matter; each of these
 * passes it on to so few more, for whoever the author is not connected with.
 */
const passingOn = { D: 3, Dlo: 2, Dhi: 4, Dscore: 2, Dout: 1, Dlazy: 2 } as const;

export type Host = Libp2p<{ identify: Identify; pubsub: GossipSub }>;

export interface HostOptions {
  /** Name and version of the program, as others are told. */
  readonly program: string;
  readonly listen: readonly string[];
  readonly announce: readonly string[];
  readonly topics: readonly string[];
  /** Whether others are reached through this one. */
  readonly isRelay: boolean;
  readonly isShunned: (peer: PeerId) => boolean;
}

/** Only what is invalid by its signature counts: nobody is marked down for being slow, far or one of many. */
const invalidOnly = {
  topicWeight: 1,
  timeInMeshWeight: 0,
  firstMessageDeliveriesWeight: 0,
  meshMessageDeliveriesWeight: 0,
  meshFailurePenaltyWeight: 0,
  invalidMessageDeliveriesWeight: -1,
  invalidMessageDeliveriesDecay: invalidDecay,
};

/** One libp2p host for one key: TCP, Noise, Yamux, gossip of signed messages. */
export function startHost(signer: PeerSigner, options: HostOptions): Promise<Host> {
  const deny = (id: Libp2pPeerId) => {
    const peer = peerOf(id);
    return peer === null || options.isShunned(peer);
  };
  const door = new Doorkeeper();
  const { streamsPerPeer } = networkLimits;
  const maxStreams = streamsPerPeer + otherStreams;
  return createLibp2p({
    privateKey: privateKeyOf(signer),
    nodeInfo: { name: 'assay', userAgent: options.program },
    addresses: { listen: [...options.listen], announce: [...options.announce] },
    transports: [tcp({ maxConnections }), circuitRelayTransport()],
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({ maxInboundStreams: maxStreams, maxOutboundStreams: maxStreams, maxEarlyStreams: maxStreams }),
    ],
    connectionManager: {
      maxConnections,
      maxIncomingPendingConnections: maxUnknown,
      inboundConnectionThreshold: maxNewPerSecond,
      dialTimeout: dialMs,
      inboundUpgradeTimeout: dialMs,
      addressDialTimeout: dialMs,
      reconnectRetries: 0,
    },
    connectionGater: {
      denyInboundConnection: (connection) => door.isFull(connection),
      denyInboundEncryptedConnection: deny,
      denyDialPeer: deny,
      denyDialMultiaddr: () => false,
    },
    // Where a peer is found is the address book's: what a stranger says of itself is not dialled.
    peerStore: { addressFilter: async () => false },
    services: {
      ...(options.isRelay ? { relay: circuitRelayServer(relayLimits) } : {}),
      identify: identify(),
      pubsub: gossipsub({
        globalSignaturePolicy: 'StrictSign',
        allowPublishToZeroTopicPeers: true,
        emitSelf: false,
        ...passingOn,
        allowedTopics: [...options.topics],
        maxInboundDataLength: maxPacketBytes,
        maxOutboundBufferSize: maxWaitingBytes,
        maxTopicBytesPerPeer: maxTopicBytes,
        scoreParams: {
          IPColocationFactorWeight: 0,
          behaviourPenaltyWeight: 0,
          topics: Object.fromEntries(options.topics.map((topic) => [topic, invalidOnly as never])),
        },
      }),
    },
  });
}
