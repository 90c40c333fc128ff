import { type Network, type PeerId, type PeerSigner, peerIdOf } from '@assay/roles/ports/network';
import type { Runtime } from '@assay/roles/ports/runtime';
import { version } from '../../version.ts';
import type { AddressBook } from './address-book.ts';
import { Libp2pEndpoint } from './endpoint.ts';
import { Faults } from './faults.ts';
import { startHost } from './host.ts';
import { mostDials } from './keep-connected.ts';
import { Programs } from './programs.ts';
import { type MayPublish, TopicGate } from './topics.ts';
import { Turns } from './turns.ts';

export interface Libp2pOptions {
  readonly runtime: Pick<Runtime, 'timer' | 'monotonicMs' | 'log'>;
  readonly book: AddressBook;
  /** Name and version of the program; those of this one when absent. */
  readonly program?: string;
  /** All topics of the network; no other is heard or passed on. */
  readonly topics: readonly string[];
  /** Where each of the keys that join listens, as `/ip4/0.0.0.0/tcp/4020`; nowhere for who only dials. */
  readonly listenOf: (peer: PeerId) => readonly string[];
  /** What others are told instead, where a router stands between. */
  readonly announceOf?: (peer: PeerId) => readonly string[];
  /** Whether those that nobody can dial are reached through the keys that join here, within limits. */
  readonly isRelay?: boolean;
  /** By whom messages of a topic are passed on; without it by everybody. */
  readonly mayPublish?: MayPublish;
}

/** Machines that do not trust each other: one libp2p host for each key that joins (§5.24). */
export class Libp2pNetwork implements Network {
  readonly #options: Libp2pOptions;
  readonly #faults: Faults;
  readonly #programs: Programs;
  readonly #turns = new Turns(mostDials);
  readonly #endpoints = new Map<PeerId, Libp2pEndpoint>();
  readonly #starting = new Set<PeerId>();
  readonly #stopping = new Map<PeerId, Promise<void>>();
  #kept: (own: PeerId) => readonly PeerId[] = () => [];

  constructor(options: Libp2pOptions) {
    this.#options = options;
    this.#faults = new Faults(options.runtime);
    this.#programs = new Programs(options.program ?? `assay/${version}`, options.runtime.log);
  }

  async join(signer: PeerSigner): Promise<Libp2pEndpoint> {
    const id = peerIdOf(signer);
    if (this.#endpoints.has(id) || this.#starting.has(id)) throw new Error(`${id} is already in this network`);
    this.#starting.add(id);
    try {
      await this.#stopping.get(id);
      const endpoint = await this.#start(id, signer);
      this.#endpoints.set(id, endpoint);
      // The keys of one machine find each other.
      if (endpoint.addresses.length > 0) this.#options.book.give(id, endpoint.addresses);
      endpoint.keepConnected(() => this.#kept(id));
      return endpoint;
    } finally {
      this.#starting.delete(id);
    }
  }

  /** From now on every key that joined here dials its peers until they are connected, and again. */
  keepConnected(peers: (own: PeerId) => readonly PeerId[]): void {
    this.#kept = peers;
  }

  /** Streams of all keys here that are not over. */
  get streams(): number {
    return [...this.#endpoints.values()].reduce((sum, { streams }) => sum + streams, 0);
  }

  /** Counters and gauges, summed over the keys that joined here. */
  metrics(): Record<string, number> {
    const sums: Record<string, number> = { faults: this.#faults.total };
    for (const endpoint of this.#endpoints.values()) {
      for (const [name, value] of Object.entries(endpoint.metrics())) sums[name] = (sums[name] ?? 0) + value;
    }
    return sums;
  }

  /** Resolves when every key that left is gone, its port free. */
  async stopped(): Promise<void> {
    await Promise.all(this.#stopping.values());
  }

  async #start(id: PeerId, signer: PeerSigner): Promise<Libp2pEndpoint> {
    const { runtime, book, topics, listenOf, announceOf, mayPublish = () => true, isRelay = false } = this.#options;
    const host = await startHost(signer, {
      program: this.#programs.own,
      topics,
      isRelay,
      listen: listenOf(id),
      announce: announceOf?.(id) ?? [],
      isShunned: (peer) => this.#faults.isShunned(peer),
    });
    return new Libp2pEndpoint(id, {
      host,
      runtime,
      book,
      programs: this.#programs,
      turns: this.#turns,
      gate: new TopicGate(runtime, (topic, author) => !this.#faults.isShunned(author) && mayPublish(topic, author)),
      onFault: (peer) => {
        this.#faults.add(peer);
        for (const endpoint of this.#endpoints.values()) endpoint.cutOff(peer);
      },
      onLeave: (stopped) => {
        this.#endpoints.delete(id);
        const gone = () => void this.#stopping.delete(id);
        this.#stopping.set(id, stopped.then(gone, gone));
      },
    });
  }
}
