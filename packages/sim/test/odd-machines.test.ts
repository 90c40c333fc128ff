import { names } from '@assay/node/devnet/genesis';
import type { Gateway } from '@assay/roles/gateway/index';
import { peerIdOf } from '@assay/roles/ports/network';
import { describe, expect, it } from 'vitest';
import { Apart } from '../src/apart.ts';
import { Machine } from '../src/machine.ts';
import { MemoryStore } from '../src/memory-store.ts';
import { SimulatedModel } from '../src/simulated-model.ts';
import type { World, WorldOptions } from '../src/world.ts';
import { codeOf, startWorld } from './start.fixture.ts';

const start = (options: Partial<WorldOptions> = {}) =>
  startWorld({ miners: 2, params: { epochBlocks: 4096 }, ...options });

/** What the ledger holds against anybody. */
const recordsOf = ({ chain }: World) => ({
  miners: [...chain.head().miners].map(({ strikes, rejected }) => ({ strikes, rejected })),
  validators: [...chain.head().validators].map(({ strikes }) => strikes),
});

/** Asks some times at once, and waits until all is judged; the codes, and how many were approved. */
async function askAll(net: World, gateway?: Gateway): Promise<{ codes: string[]; approved: number }> {
  const tasks: string[] = [];
  const ask = async (seed: number) => void tasks.push((await net.ask({ seed }, net.apiKey, gateway)).taskId);
  const codes: string[] = [];
  for (let seed = 0; seed < 6; seed++) codes.push(await codeOf(ask(seed)));
  const { height } = net.chain.head().globals;
  const isOver = () => tasks.every((taskId) => net.isDecided(taskId));
  await net.until(() => isOver() || net.chain.head().globals.height > height + 300);
  return { codes, approved: tasks.filter((taskId) => net.task(taskId)?.row.status === 'approved').length };
}
const allWell = { codes: Array(6).fill('OK'), approved: 6 };

describe('a machine whose clock is wrong', () => {
  it.each([
    [names.gateway, 5000],
    [names.gateway, -5000],
    [names.mixer(0), 5000],
    [names.mixer(0), -5000],
    [names.mixer(2), 5000],
    [names.mixer(2), -5000],
    [names.miner(0), 5000],
    [names.miner(0), -5000],
    [names.oracle(0), 5000],
    [names.oracle(0), -5000],
    [names.validator(0), 5000],
    [names.validator(0), -5000],
  ])('is no fault of anybody: %s, by %i ms', async (role, ms) => {
    const net = await start();
    await net.built.roles.set(role, false);
    const { runtime, network, store, chain } = net;
    const nowMs = () => runtime.nowMs() + ms;
    const built = net.build(new Machine({ runtime: { ...runtime, nowMs }, network, store }).with(chain));
    await built.roles.set(role, true);
    await net.blocks(8);
    const before = recordsOf(net);
    expect(await askAll(net, role === names.gateway ? (built.gateway ?? undefined) : undefined)).toEqual(allWell);
    expect(recordsOf(net)).toEqual(before);
    await built.roles.set(role, false);
  });
});

describe('a machine that is slow to reach', () => {
  // Who takes more than two seconds for a word is given up (§5.24), and a client hears nothing sooner than its gateway.
  it.each([
    [names.gateway, 600],
    [names.mixer(2), 1500],
    [names.miner(0), 1500],
    [names.oracle(0), 1500],
    [names.validator(0), 1500],
  ])('holds up nobody for long: %s, by %i ms each way', async (role, ms) => {
    const net = await start();
    const peerOf = (name: string) => peerIdOf(net.keys.account(name));
    for (const { name } of net.built.roles.list()) {
      net.network.lengthen(peerOf(role), peerOf(name), ms);
      net.network.lengthen(peerOf(name), peerOf(role), ms);
    }
    expect(await askAll(net)).toEqual(allWell);
  });
});

describe('a chain that stands still for 20 s', () => {
  it.each(['one node', 'a follower of its own'])('keeps no answer from its end: roles of %s', async (where) => {
    let gate: Promise<void> = Promise.resolve();
    const net = await start({
      storeOf: async (_, { sleep }) => new HaltingStore(() => gate, sleep),
      modelOf: (_, runtime) => new SimulatedModel('registered', () => runtime.sleep(20)),
    });
    const gateway = where === 'one node' ? net.gateway : await moveApart(net);
    const before = recordsOf(net);
    const { runtime, chain } = net;
    const ask = (seed: number, maxTokens: number) => net.ask({ seed, maxTokens }, net.apiKey, gateway);
    const asked = [ask(1, 100), ask(2, 100)];
    await runtime.sleep(500);
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    await runtime.sleep(1000);
    const { height } = chain.head().globals;
    const later = ask(3, 8);
    await runtime.sleep(19_000);
    expect(chain.head().globals.height).toBe(height);
    // All were answered while no block came.
    const answers = await Promise.race([Promise.all([...asked, later]), runtime.sleep(1)]);
    expect(answers?.map(({ text }) => text.length)).toEqual([100, 100, 8]);
    resolve();
    const tasks = answers?.map(({ taskId }) => taskId) ?? [];
    await net.until(() => tasks.every((taskId) => net.isDecided(taskId)) || chain.head().globals.height > height + 300);
    expect(tasks.map((taskId) => net.task(taskId)?.row.status)).toEqual(['approved', 'approved', 'approved']);
    expect(recordsOf(net)).toEqual(before);
  });
});

/** Starts every role again on a machine of its own, which has the chain from others; gives the gateway. */
async function moveApart(net: World): Promise<Gateway> {
  const apart = await Apart.open(net);
  for (const { name } of net.built.roles.list()) {
    await net.built.roles.set(name, false);
    await apart.begin(name);
  }
  await net.blocks(8);
  const { gateway } = apart.of(names.gateway).built;
  if (gateway === null) throw new Error('there is no gateway');
  return gateway;
}

/** Makes no block durable while its gate is closed. */
class HaltingStore extends MemoryStore {
  readonly #gate: () => Promise<void>;

  constructor(gate: () => Promise<void>, sleep: ConstructorParameters<typeof MemoryStore>[1]) {
    super('halting', sleep);
    this.#gate = gate;
  }

  override async commit(block: Parameters<MemoryStore['commit']>[0]): Promise<void> {
    await this.#gate();
    await super.commit(block);
  }
}
