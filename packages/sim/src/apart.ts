import { join } from 'node:path';
import { ChainServer, FollowEngine } from '@assay/node/consensus/follow/index';
import { Ed25519Signer } from '@assay/node/crypto/signers';
import type { BuiltRoles } from '@assay/node/host/build-roles';
import type { PeerId } from '@assay/roles/ports/network';
import { runtimeOf } from '@assay/roles/ports/runtime';
import { Machine } from './machine.ts';
import { MemoryStore } from './memory-store.ts';
import type { World } from './world.ts';

/** Nodes that serve the chain of the world. */
const fullNodes = 3;

/** A role on a machine of its own: nothing but the network is between it and the others. */
export interface ApartMachine {
  readonly engine: FollowEngine;
  readonly store: MemoryStore;
  readonly built: BuiltRoles;
  /** Name of its node in the network, which the chain comes to. */
  readonly peer: PeerId;
}

/** A world in which every role sees the chain through a follower of its own, and remembers in a store of its own. */
export class Apart {
  readonly fullNodes: readonly PeerId[];
  readonly #world: World;
  readonly #onUse: (role: string, use: string) => void;
  /** What each role stands on, from when it is started there. */
  readonly #grounds = new Map<string, { readonly machine: Machine; readonly store: MemoryStore }>();
  readonly #machines = new Map<string, ApartMachine>();

  private constructor(world: World, nodes: readonly PeerId[], onUse: (role: string, use: string) => void) {
    this.#world = world;
    this.fullNodes = nodes;
    this.#onUse = onUse;
  }

  /** Gives a world nodes that serve its chain. `onUse`: as that of a `Machine`, which a role is on with its node. */
  static async open(world: World, onUse: (role: string, use: string) => void = () => {}): Promise<Apart> {
    const nodes: PeerId[] = [];
    for (let i = 0; i < fullNodes; i++) {
      const endpoint = await world.network.join(keyOf(world, `full node ${i}`));
      new ChainServer({ endpoint, chain: world.chain, store: world.store, runtime: world.runtime });
      nodes.push(endpoint.id);
    }
    return new Apart(world, nodes, onUse);
  }

  /**
   * Starts a role on a new machine; one that was there before goes on with what it had stored. Never resolves when that
   * machine crashes before the role runs.
   */
  async begin(role: string): Promise<void> {
    const world = this.#world;
    const { machine, store } = this.#groundOf(role);
    const runtime = runtimeOf(machine.runtime, `node of ${role}`);
    const endpoint = await machine.network.join(keyOf(world, `node of ${role} ${store.height}`));
    const { genesis, verifier } = world;
    const onFatal = world.fail;
    const peers = () => this.fullNodes;
    const engine = await FollowEngine.open({ store, genesis, endpoint, peers, runtime, verifier, onFatal });
    engine.start();
    while (!engine.chain.isCurrent()) await runtime.sleep(10);
    const built = world.build(machine.with(engine.chain));
    this.#machines.set(role, { engine, store, built, peer: endpoint.id });
    await built.roles.set(role, true);
  }

  /** Ends a role and its node. */
  async end(role: string): Promise<void> {
    const { built, engine, peer } = this.of(role);
    await built.roles.set(role, false);
    await engine.stop();
    this.#world.network.find(peer)?.leave();
  }

  /** Ends the machine of a role as it stands; what was not durable is gone. */
  crash(role: string): void {
    this.#grounds.get(role)?.machine.crash();
    this.#machines.delete(role);
  }

  isRunning(role: string): boolean {
    return this.#machines.has(role);
  }

  of(role: string): ApartMachine {
    const machine = this.#machines.get(role);
    if (machine === undefined) throw new Error(`${role} was not started`);
    return machine;
  }

  /** Ends all of them. */
  async endAll(): Promise<void> {
    for (const role of this.#machines.keys()) await this.end(role);
  }

  /** A new machine, with the disk of the one before. */
  #groundOf(role: string): { readonly machine: Machine; readonly store: MemoryStore } {
    const { runtime, network, store } = this.#world;
    // What a block writes is on the way to the disk by the time of the machine that writes it.
    const sleep = (ms: number) => this.#grounds.get(role)?.machine.runtime.sleep(ms) ?? runtime.sleep(ms);
    const disk = this.#grounds.get(role)?.store ?? new MemoryStore(join(store.dir, role), sleep);
    const machine = new Machine({ runtime, network, store: disk }, (use) => this.#onUse(role, use));
    const ground = { machine, store: disk };
    this.#grounds.set(role, ground);
    return ground;
  }
}

const keyOf = (world: World, name: string) =>
  new Ed25519Signer(Buffer.from(world.runtime.random(`key of ${name}`).bytes(32)));
