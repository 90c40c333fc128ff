import type { Chain } from '@assay/roles/ports/chain';
import type { Endpoint, MessageStream, Network } from '@assay/roles/ports/network';
import { type Runtime, sleepBy } from '@assay/roles/ports/runtime';
import type { RoleStore } from '@assay/roles/ports/store';
import type { WorldStore } from './world-store.ts';

/** What a machine stands in. */
export interface Surroundings {
  readonly runtime: Runtime;
  readonly network: Network;
  readonly chain: Chain;
  readonly store: Pick<WorldStore, 'roleStore'>;
}

/** Each its own, so that nothing holds what waits for it. */
const never = () => new Promise<never>(() => {});

/**
 * What a role runs on, with all it reaches the world by. It ends between two events, without a word: its timers do not
 * fire, its streams break, what it had not flushed is gone, and nothing that it waits for ever comes.
 */
export class Machine {
  readonly runtime: Runtime;
  readonly network: Network;
  readonly store: { readonly roleStore: (role: string) => RoleStore };
  readonly #endpoints: Endpoint[] = [];
  readonly #stores: ReturnType<WorldStore['roleStore']>[] = [];
  readonly #onUse: (use: string) => void;
  #isDead = false;

  /**
   * `onUse` is told of all that is asked of a port before it is done, and of what was waited for before the role hears
   * of it. It may crash the machine there.
   */
  constructor(world: Omit<Surroundings, 'chain'>, onUse: (use: string) => void = () => {}) {
    this.#onUse = onUse;
    const timer: Runtime['timer'] = (ms, fire) => world.runtime.timer(ms, () => this.#uses('time') && fire());
    this.runtime = { ...world.runtime, timer, sleep: sleepBy(timer) };
    this.network = {
      join: async (signer) => {
        const endpoint = await world.network.join(signer);
        this.#endpoints.push(endpoint);
        return this.#endpointOf(endpoint);
      },
    };
    this.store = {
      roleStore: (role) => {
        const store = world.store.roleStore(role);
        this.#stores.push(store);
        return this.#storeOf(store);
      },
    };
  }

  /** All that a role on this machine reaches, with the chain as the machine has it. */
  with(chain: Chain): Surroundings {
    const { runtime, network, store } = this;
    return { runtime, network, store, chain: this.#chainOf(chain) };
  }

  crash(): void {
    this.#isDead = true;
    for (const endpoint of this.#endpoints) endpoint.leave();
    for (const store of this.#stores) store.crash?.();
  }

  /** Whether it is there to do that, or to hear that it was done. */
  #uses(what: string): boolean {
    if (!this.#isDead) this.#onUse(what);
    return !this.#isDead;
  }

  /** What is begun here, and waited for. */
  async #waits<T>(what: string, begin: () => Promise<T>): Promise<T> {
    if (!this.#uses(what)) return never();
    return this.#hears(`${what} done`, begin());
  }

  async #hears<T>(what: string, work: Promise<T>): Promise<T> {
    try {
      const value = await work;
      return this.#uses(what) ? value : never();
    } catch (error) {
      if (this.#uses(`${what}, in vain`)) throw error;
      return never();
    }
  }

  #chainOf(chain: Chain): Chain {
    return {
      identity: chain.identity,
      head: () => chain.head(),
      stateRoot: () => chain.stateRoot(),
      isCurrent: () => chain.isCurrent(),
      check: (transaction) => this.#waits('check', () => chain.check(transaction)),
      prove: (table, indexOf) => this.#waits('prove', () => chain.prove(table, indexOf)),
      submit: (transaction) => this.#waits('submit', () => chain.submit(transaction)),
      offer: (transaction) => this.#waits('offer', () => chain.offer(transaction)),
      onSealed: (listener) => chain.onSealed((height) => this.#uses('seal') && listener(height)),
      onBlock: (listener) => chain.onBlock((committed) => this.#uses('block') && listener(committed)),
      blockAt: (height) => chain.blockAt(height),
      sealAt: (height) => chain.sealAt(height),
      codesAt: (height) => chain.codesAt(height),
    };
  }

  #storeOf(store: RoleStore): RoleStore {
    return {
      get: (key) => store.get(key),
      put: (key, value, expiryHeight) => this.#uses('put') && store.put(key, value, expiryHeight),
      delete: (key) => this.#uses('delete') && store.delete(key),
      entries: (prefix) => store.entries(prefix),
      flushed: () => this.#waits('flush', () => store.flushed()),
    };
  }

  #endpointOf(endpoint: Endpoint): Endpoint {
    return {
      id: endpoint.id,
      publish: (topic, message) => this.#uses('publish') && endpoint.publish(topic, message),
      subscribe: (topic, handler) =>
        endpoint.subscribe(topic, (message, from) => this.#uses('news') && handler(message, from)),
      handle: (protocol, handler) =>
        endpoint.handle(protocol, async (stream, from) => {
          if (this.#uses('stream')) await handler(this.#streamOf(stream), from);
        }),
      open: (peer, protocol) => this.#waits('open', async () => this.#streamOf(await endpoint.open(peer, protocol))),
      leave: () => this.#uses('leave') && endpoint.leave(),
    };
  }

  #streamOf(stream: MessageStream): MessageStream {
    return {
      send: (message) => this.#waits('send', () => stream.send(message)),
      messages: { next: () => this.#hears('receive', stream.messages.next()) },
      close: () => this.#uses('close') && stream.close(),
      abort: () => this.#uses('abort') && stream.abort(),
    };
  }
}
