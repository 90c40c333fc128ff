import { MemoryNetwork } from '@assay/node/network/memory';
import {
  type Endpoint,
  type MessageStream,
  type Network,
  networkLimits,
  type PeerId,
  type PeerSigner,
  StreamLost,
} from '@assay/roles/ports/network';
import type { RandomStream, Runtime } from '@assay/roles/ports/runtime';
import { Spy } from './spy.ts';
import { Traffic } from './traffic.ts';

/** Shortest and longest way between two peers, and how much longer one message may take than another, milliseconds. */
export interface Ways {
  readonly leastMs: number;
  readonly mostMs: number;
  readonly jitterMs: number;
}

export const overTheWorld: Ways = { leastMs: 5, mostMs: 80, jitterMs: 20 };
export const nextDoor: Ways = { leastMs: 1, mostMs: 3, jitterMs: 1 };
/** A byte decides how much longer a message takes. */
const valuesAtOnce = 32;

/** Messages of one sender to one receiver arrive in order, each after the delay of the pair and some of its own. */
class Lane {
  readonly #runtime: Pick<Runtime, 'monotonicMs' | 'timer'>;
  readonly #chance: RandomStream;
  readonly #jitterMs: number;
  /** Random values for the next messages. */
  #values: Uint8Array = new Uint8Array(0);
  #baseMs: number;
  #lastMs = 0;

  constructor(runtime: Pick<Runtime, 'monotonicMs' | 'timer'>, chance: RandomStream, ways: Ways) {
    this.#runtime = runtime;
    this.#chance = chance;
    this.#jitterMs = ways.jitterMs;
    this.#baseMs = ways.leastMs + chance.int(ways.mostMs - ways.leastMs);
  }

  lengthen(ms: number): void {
    this.#baseMs += ms;
  }

  carry(arrive: () => void): void {
    const nowMs = this.#runtime.monotonicMs();
    this.#lastMs = Math.max(this.#lastMs, nowMs + this.#baseMs + this.#jitter());
    this.#runtime.timer(this.#lastMs - nowMs, arrive);
  }

  #jitter(): number {
    if (this.#values.length === 0) this.#values = this.#chance.bytes(valuesAtOnce);
    const [value = 0] = this.#values;
    this.#values = this.#values.subarray(1);
    return (value * this.#jitterMs) >> 8;
  }
}

interface Way {
  readonly lane: Lane;
  readonly isCut: () => boolean;
  /** Told of every message that is sent. */
  readonly count: (message: Uint8Array) => void;
}

/** Sends what is given to `send` through a lane; the receiving end stays as it is. */
function delayed(stream: MessageStream, { lane, isCut, count }: Way): MessageStream {
  let underWay = 0;
  let isLost = false;
  const wake: (() => void)[] = [];
  const arrive = async (message: Uint8Array) => {
    try {
      if (isCut()) stream.abort();
      await stream.send(message);
    } catch {
      isLost = true;
    }
    underWay -= 1;
    for (const next of wake.splice(0)) next();
  };
  // What arrives waits for what arrived before it.
  let last = Promise.resolve();
  return {
    messages: stream.messages,
    send: async (message) => {
      while (underWay >= networkLimits.streamMessages && !isLost) await new Promise<void>((done) => wake.push(done));
      if (isLost) throw new StreamLost('the other side');
      underWay += 1;
      count(message);
      lane.carry(() => {
        last = last.then(() => arrive(message));
      });
    },
    close: () =>
      lane.carry(() => {
        last = last.then(() => stream.close());
      }),
    abort: () => {
      isLost = true;
      stream.abort();
      for (const next of wake.splice(0)) next();
    },
  };
}

/** The network inside one process, with ways between its peers: long, uneven, sometimes broken, sometimes closed. */
export class Links implements Network {
  readonly spy = new Spy();
  readonly traffic = new Traffic();
  readonly #runtime: Runtime;
  readonly #ways: Ways;
  readonly #inner: MemoryNetwork;
  readonly #peers = new Map<PeerId, Endpoint>();
  readonly #subscribers = new Map<string, Set<PeerId>>();
  readonly #lanes = new Map<string, Lane>();
  readonly #cutOff = new Set<PeerId>();
  readonly #open = new Map<MessageStream, readonly [PeerId, PeerId]>();

  constructor(runtime: Runtime, ways: Ways = overTheWorld) {
    this.#runtime = runtime;
    this.#ways = ways;
    this.#inner = new MemoryNetwork(runtime);
  }

  async join(signer: PeerSigner): Promise<Endpoint> {
    const endpoint = await this.#inner.join(signer);
    const { id } = endpoint;
    const linked: Endpoint = {
      id,
      subscribe: (topic, handler) => {
        this.#subscribers.set(topic, (this.#subscribers.get(topic) ?? new Set()).add(id));
        endpoint.subscribe(topic, handler);
      },
      handle: (protocol, handler) => {
        const heard = this.spy.on({ to: id, protocol }, handler);
        endpoint.handle(protocol, (stream, from) => {
          const there = delayed(stream, this.#way(id, from, protocol));
          return heard(there, from);
        });
      },
      publish: (topic, message) => this.#publish(id, topic, message),
      open: (peer, protocol) => this.#openStream(endpoint, peer, protocol),
      leave: () => {
        if (this.#inner.find(id) === undefined) return;
        this.#peers.delete(id);
        for (const subscribers of this.#subscribers.values()) subscribers.delete(id);
        endpoint.leave();
      },
    };
    this.#peers.set(id, linked);
    return linked;
  }

  /** What a peer has joined with: whoever has it can speak, listen and answer in its name. */
  find(id: PeerId): Endpoint | undefined {
    return this.#peers.get(id);
  }

  /** From now on the way from one peer to another takes so much longer. */
  lengthen(from: PeerId, to: PeerId, ms: number): void {
    this.#lane(from, to).lengthen(ms);
  }

  /** Breaks every stream between two peers. */
  breakStreams(one: PeerId, other: PeerId): void {
    this.#abort((ends) => ends.includes(one) && ends.includes(other));
  }

  /** From now on nothing reaches the peer, and nothing comes from it. */
  cutOff(peer: PeerId): void {
    this.#cutOff.add(peer);
    this.#abort((ends) => ends.includes(peer));
  }

  heal(peer: PeerId): void {
    this.#cutOff.delete(peer);
  }

  #abort(isMeant: (ends: readonly [PeerId, PeerId]) => boolean): void {
    for (const [stream, ends] of this.#open) {
      if (!isMeant(ends)) continue;
      this.#open.delete(stream);
      stream.abort();
    }
  }

  async #openStream(endpoint: Endpoint, peer: PeerId, protocol: string): Promise<MessageStream> {
    const { id } = endpoint;
    await new Promise<void>((arrived) => this.#lane(id, peer).carry(arrived));
    if (this.#isCut(id, peer)) {
      await this.#runtime.sleep(networkLimits.openMs);
      throw new StreamLost(peer);
    }
    const stream = await endpoint.open(peer, protocol);
    const here = delayed(stream, this.#way(id, peer, protocol));
    this.#open.set(here, [id, peer]);
    const abort = () => {
      this.#open.delete(here);
      here.abort();
    };
    return { ...here, abort, messages: { next: () => this.#next(here) } };
  }

  async #next(stream: MessageStream): Promise<IteratorResult<Uint8Array>> {
    try {
      const result = await stream.messages.next();
      if (result.done === true) this.#open.delete(stream);
      return result;
    } catch (error) {
      this.#open.delete(stream);
      throw error;
    }
  }

  #publish(from: PeerId, topic: string, message: Uint8Array): void {
    for (const to of this.#subscribers.get(topic) ?? []) {
      if (to === from || this.#isCut(from, to)) continue;
      this.traffic.add(topic, message);
      this.#lane(from, to).carry(() => {
        if (!this.#isCut(from, to)) this.#inner.find(to)?.deliver(topic, message, from);
      });
    }
  }

  #way(from: PeerId, to: PeerId, protocol: string): Way {
    const count = (message: Uint8Array) => this.traffic.add(protocol, message);
    return { lane: this.#lane(from, to), isCut: () => this.#isCut(from, to), count };
  }

  #isCut(one: PeerId, other: PeerId): boolean {
    return this.#cutOff.has(one) || this.#cutOff.has(other);
  }

  /** The way from one peer to another, a way of its own in each direction. */
  #lane(from: PeerId, to: PeerId): Lane {
    const name = `${from} ${to}`;
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      lane = new Lane(this.#runtime, this.#runtime.random(`link ${name}`), this.#ways);
      this.#lanes.set(name, lane);
    }
    return lane;
  }
}
