import { randomBytes } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { AssayError } from '@assay/protocol';
import type { Endpoint } from '@assay/roles/ports/network';
import type { Runtime } from '@assay/roles/ports/runtime';
import { findCometBft } from '../consensus/cometbft/binary.ts';
import { type Asking, askBlocks, askStatus } from '../consensus/follow/client.ts';
import { Ed25519Signer } from '../crypto/signers.ts';
import { askCometPlaces } from '../host/comet-places.ts';
import type { Peer } from '../host/config.ts';
import { AddressBook } from '../network/libp2p/address-book.ts';
import { Libp2pNetwork } from '../network/libp2p/network.ts';
import { realRuntime } from '../runtime/real.ts';
import type { MachineFacts, ModelFacts, PeerFacts } from './diagnose.ts';

export interface LookOptions {
  readonly dataDir: string;
  readonly model: ModelFacts | null;
  /** Multiaddresses of TCP that are to be free. */
  readonly listen: readonly string[];
  readonly peers: readonly Peer[];
  readonly blockTimeMs: number;
  /** The program of a validator, or null to find one; undefined where none is needed. */
  readonly cometbft?: string | null | undefined;
  /** Whether the peers are asked where their CometBFTs are. */
  readonly asksComet?: boolean;
  /** What takes long, for a person who waits. */
  readonly onProgress: (line: string) => void;
}

/** What is found of this machine. Changes nothing; asks the peers how far they are. */
export async function lookAtMachine(options: LookOptions): Promise<MachineFacts> {
  const { dataDir, model, listen, peers, blockTimeMs, cometbft, asksComet = false, onProgress } = options;
  const [freeDiskBytes, takenPorts, found] = await Promise.all([
    freeBytes(dataDir),
    taken(listen),
    peers.length === 0 ? nobody : withPeers(peers, (given) => lookAtPeers(peers, given, asksComet)),
  ]);
  return {
    nodeVersion: process.versions.node,
    dataDir,
    freeDiskBytes,
    freeMemoryBytes: process.availableMemory(),
    model,
    takenPorts,
    peers: found.peers,
    blockAgeMs: found.blockAgeMs,
    blockTimeMs,
    cometbft: cometbft === undefined ? null : await cometAt(cometbft, onProgress),
    cometPeers: found.cometPeers,
  };
}

/** Of the nearest directory that is there. */
async function freeBytes(path: string): Promise<number> {
  for (let place = path; ; place = dirname(place)) {
    try {
      const { bavail, bsize } = await statfs(place);
      return bavail * bsize;
    } catch (error) {
      if (place === dirname(place)) throw error;
    }
  }
}

async function taken(listen: readonly string[]): Promise<string[]> {
  const looked = await Promise.all(listen.map(async (address) => ((await isFree(address)) ? [] : [address])));
  return looked.flat();
}

function isFree(address: string): Promise<boolean> {
  const [, host, port] = /^\/ip[46]\/([^/]+)\/tcp\/(\d+)/.exec(address) ?? [];
  if (host === undefined || port === undefined) return Promise.resolve(true);
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'EADDRINUSE'));
    server.listen(Number(port), host, () => server.close(() => resolve(true)));
  });
}

interface Given {
  readonly endpoint: Endpoint;
  readonly runtime: Runtime;
}

/** Runs `use` as a peer that nobody knows, which finds these peers, and leaves again. */
export async function withPeers<T>(peers: readonly Peer[], use: (given: Given) => Promise<T>): Promise<T> {
  const runtime = realRuntime(() => {});
  const book = new AddressBook();
  for (const { peer, addresses } of peers) book.give(peer, addresses);
  const network = new Libp2pNetwork({ runtime, book, topics: [], listenOf: () => [] });
  const endpoint = await network.join(new Ed25519Signer(randomBytes(32)));
  try {
    return await use({ endpoint, runtime });
  } finally {
    endpoint.leave();
    await network.stopped();
  }
}

const nobody = { peers: [], blockAgeMs: null, cometPeers: null };

async function lookAtPeers(peers: readonly Peer[], { endpoint, runtime }: Given, asksComet: boolean) {
  const leaving = new AbortController();
  const asking: Asking = { endpoint, runtime, signal: leaving.signal };
  const asked = await Promise.all(
    peers.map(async ({ peer, addresses }) => {
      const begunMs = runtime.monotonicMs();
      const status = await askStatus(asking, peer).catch(() => null);
      const answerMs = status === null ? null : runtime.monotonicMs() - begunMs;
      const facts: PeerFacts = { address: addresses.join(' '), answerMs };
      return { peer, facts, height: status?.height ?? 0 };
    }),
  );
  const ahead = asked.toSorted((a, b) => b.height - a.height).find(({ height }) => height > 0);
  const timeMs = ahead === undefined ? null : await blockTime(asking, ahead);
  leaving.abort();
  const blockAgeMs = timeMs === null ? null : runtime.nowMs() - timeMs;
  const cometPeers = asksComet ? await askCometPlaces({ endpoint, runtime }, peers) : null;
  return { peers: asked.map(({ facts }) => facts), blockAgeMs, cometPeers };
}

/** Unix time that the newest block of a peer names. */
async function blockTime(asking: Asking, { peer, height }: { peer: string; height: number }): Promise<number | null> {
  let timeMs: number | null = null;
  const take: Parameters<typeof askBlocks>[3] = async ({ sealed }) => {
    timeMs = sealed.block.header.timeMs;
    return false;
  };
  await askBlocks(asking, peer, { fromHeight: height, count: 1 }, take).catch(() => {});
  return timeMs;
}

async function cometAt(
  given: string | null,
  log: (line: string) => void,
): Promise<NonNullable<MachineFacts['cometbft']>> {
  try {
    return { path: await findCometBft({ given: given ?? undefined, log }) };
  } catch (error) {
    return { problem: error instanceof AssayError ? error.message : String(error) };
  }
}
