import { type Endpoint, type Network, type PeerId, peerIdOf } from '@assay/roles/ports/network';
import { SimulatedRuntime } from '@assay/roles/simulated/runtime';
import { onTestFinished } from 'vitest';
import { realRuntime } from '../runtime/real.ts';
import { AddressBook } from './libp2p/address-book.ts';
import type { Libp2pEndpoint } from './libp2p/endpoint.ts';
import { Libp2pNetwork, type Libp2pOptions } from './libp2p/network.ts';
import { MemoryNetwork } from './memory.ts';
import { peerSigner } from './peer.fixture.ts';

export const newsTopic = 'news/1';

/** A network of peers with names, in its own time. */
export interface Net {
  readonly network: Network & { readonly streams: number };
  join(name: string): Promise<Endpoint>;
  /** One that has joined. */
  peer(name: string): Endpoint;
  /** What `work` gives, in this network's time. */
  until<T>(work: Promise<T>): Promise<T>;
  /** Resolves when all that have subscribed are known to each other. */
  known(...peers: readonly Endpoint[]): Promise<void>;
}

export const idOf = (name: string): PeerId => peerIdOf(peerSigner(name));

function there<T>(peer: T | undefined): T {
  if (peer === undefined) throw new Error('it has not joined');
  return peer;
}

export function memoryNet(): Net {
  const runtime = new SimulatedRuntime({ seed: 1 });
  const network = new MemoryNetwork(runtime);
  return {
    network,
    join: (name) => network.join(peerSigner(name)),
    peer: (name) => there(network.find(idOf(name))),
    until: (work) => runtime.until(work),
    known: async () => {},
  };
}

/** Over sockets of this machine; it is gone when the test is over. */
export function libp2pNet(change: Partial<Libp2pOptions> = {}) {
  const runtime = realRuntime(() => {});
  const book = new AddressBook();
  const options = { runtime, book, topics: [newsTopic], listenOf: () => ['/ip4/127.0.0.1/tcp/0'] };
  const network = new Libp2pNetwork({ ...options, ...change });
  network.keepConnected(() => book.given);
  const peers: Libp2pEndpoint[] = [];
  onTestFinished(async () => {
    for (const peer of peers) peer.leave();
    await network.stopped();
  });
  return {
    network,
    book,
    until: <T>(work: Promise<T>) => work,
    peer: (name: string) => there(peers.findLast(({ id }) => id === idOf(name))),
    join: async (name: string) => {
      const peer = await network.join(peerSigner(name));
      peers.push(peer);
      return peer;
    },
    known: async (...all: readonly Endpoint[]) => {
      const isKnown = () =>
        all.every(
          ({ id }) => (peers.find((peer) => peer.id === id)?.listenersOf(newsTopic).length ?? 0) >= all.length - 1,
        );
      while (!isKnown()) await runtime.sleep(10);
    },
  } satisfies Net & { readonly book: AddressBook };
}
