import type { Chain } from '@assay/roles/ports/chain';
import type { Endpoint, Network } from '@assay/roles/ports/network';
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

const never = new Promise<never>(() => {});

/**
 * What a role runs on, with all it reaches the world by. It ends between two events, without a word: its timers do not
 * fire, its streams break, what it had not flushed is gone, and nothing that it waits for ever comes.
 */
export class Machine {
  readonly runtime: Runtime;
  readonly network: Network;
  readonly chain: Chain;
  readonly store: { readonly roleStore: (role: string) => RoleStore };
  readonly #endpoints: Endpoint[] = [];
  readonly #stores: ReturnType<WorldStore['roleStore']>[] = [];
  #isDead = false;

  constructor(world: Surroundings) {
    const timer: Runtime['timer'] = (ms, fire) => world.runtime.timer(ms, () => this.#isDead || fire());
    this.runtime = { ...world.runtime, timer, sleep: sleepBy(timer) };
    this.network = {
      join: async (signer) => {
        const endpoint = await world.network.join(signer);
        this.#endpoints.push(endpoint);
        return endpoint;
      },
    };
    this.chain = this.#chainOf(world.chain);
    this.store = {
      roleStore: (role) => {
        const store = world.store.roleStore(role);
        this.#stores.push(store);
        return this.#storeOf(store);
      },
    };
  }

  crash(): void {
    this.#isDead = true;
    for (const endpoint of this.#endpoints) endpoint.leave();
    for (const store of this.#stores) store.crash?.();
  }

  #alive<T>(work: Promise<T>): Promise<T> {
    return this.#isDead ? never : work.finally(() => (this.#isDead ? never : undefined));
  }

  #chainOf(chain: Chain): Chain {
    return {
      identity: chain.identity,
      head: () => chain.head(),
      stateRoot: () => chain.stateRoot(),
      isCurrent: () => chain.isCurrent(),
      check: (transaction) => this.#alive(chain.check(transaction)),
      prove: (table, indexOf) => this.#alive(chain.prove(table, indexOf)),
      submit: (transaction) => (this.#isDead ? never : this.#alive(chain.submit(transaction))),
      offer: (transaction) => (this.#isDead ? never : this.#alive(chain.offer(transaction))),
      onSealed: (listener) => chain.onSealed((height) => this.#isDead || listener(height)),
      onBlock: (listener) => chain.onBlock((committed) => this.#isDead || listener(committed)),
      blockAt: (height) => chain.blockAt(height),
      sealAt: (height) => chain.sealAt(height),
      codesAt: (height) => chain.codesAt(height),
    };
  }

  #storeOf(store: RoleStore): RoleStore {
    return {
      get: (key) => store.get(key),
      put: (key, value, expiryHeight) => this.#isDead || store.put(key, value, expiryHeight),
      delete: (key) => this.#isDead || store.delete(key),
      entries: (prefix) => store.entries(prefix),
      flushed: () => this.#alive(store.flushed()),
    };
  }
}
