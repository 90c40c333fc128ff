import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, ClientError } from '@assay/client';
import { cometForTests } from '@assay/node/consensus/cometbft/net.fixture';
import { writeTinyModel } from '@assay/node/inference/gguf/tiny';
import { SimulatedRuntime } from '@assay/roles/simulated/runtime';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { assay, firstPort, temporaryDirectory } from '../e2e/network.ts';
import { type FaultyNetwork, type FaultyNode, faultyNetwork } from './faulty-network.ts';
import { ask, type Heard } from './users.ts';

/** Ten minutes by hand: `ASSAY_FAULTS_S=600 npm test -- test/faults`; an hour is 3600. */
const faultsMs = Number(process.env.ASSAY_FAULTS_S ?? 30) * 1000;
const seed = Number(process.env.ASSAY_FAULTS_SEED ?? randomInt(2 ** 31));
const users = Number(process.env.ASSAY_FAULTS_USERS ?? 3);
/** Of a network by hand: `ASSAY_FAULTS_SHAPE='--validators 4 --mixers 7 --miners 10 --oracles 3 --gateways 2'`. */
const shape = process.env.ASSAY_FAULTS_SHAPE ?? '--validators 4 --mixers 4 --miners 2 --oracles 2 --gateways 1';
/** How long a node may take to be back; far longer where the machine is too small for the shape. */
const patienceMs = Number(process.env.ASSAY_FAULTS_PATIENCE_S ?? 90) * 1000;

const directory = temporaryDirectory();
const dir = join(directory.path, 'network');
const chance = new SimulatedRuntime({ seed }).random('faults');
const isComet = (await cometForTests()) !== null;
let network: FaultyNetwork;

beforeAll(async () => {
  const model = join(directory.path, 'tiny.gguf');
  await writeTinyModel(model);
  const engine = isComet ? 'cometbft' : 'embedded';
  const args = [...shape.split(' '), '--engine', engine, '--model', model, '--port', String(firstPort)];
  network = await faultyNetwork(dir, args);
}, 300_000);

afterAll(async () => {
  await network?.down();
  directory.remove();
}, 120_000);

/** What was done to the network, and how long it took a node to be back. */
const log: string[] = [];
const recoveriesMs: number[] = [];

async function killed(node: FaultyNode): Promise<void> {
  node.signal('SIGKILL');
  await delay(chance.int(4000));
  node.start();
  const tookMs = await node.readyWithin(patienceMs);
  recoveriesMs.push(tookMs);
  log.push(`kill ${node.name}: back in ${tookMs} ms`);
}

async function frozen(node: FaultyNode): Promise<void> {
  node.signal('SIGSTOP');
  await delay(1000 + chance.int(3000));
  node.signal('SIGCONT');
  log.push(`freeze ${node.name}: back in ${await node.readyWithin(patienceMs)} ms`);
}

/** Two of four: no block while they are gone, and all goes on when they are back. */
async function halved(): Promise<void> {
  const [first, second] = network.nodes.filter(({ roles }) => roles.includes('validator'));
  const other = network.nodes.find(({ roles }) => roles.includes('mixer'));
  if (first === undefined || second === undefined || other === undefined) return;
  for (const node of [first, second]) node.signal('SIGKILL');
  await delay(3000);
  const height = (await other.client.getStatus()).height;
  await delay(4000);
  expect((await other.client.getStatus()).height - height).toBeLessThanOrEqual(1);
  for (const node of [first, second]) node.start();
  const tookMs = Math.max(...(await Promise.all([first, second].map((node) => node.readyWithin(patienceMs)))));
  recoveriesMs.push(tookMs);
  log.push(`two of the validators killed: back in ${tookMs} ms`);
}

async function faults(untilMs: number): Promise<void> {
  if (isComet) await halved();
  while (Date.now() < untilMs) {
    const node = network.nodes[chance.int(network.nodes.length)] as FaultyNode;
    await (chance.int(4) === 0 ? frozen(node) : killed(node));
    await delay(500 + chance.int(1500));
  }
}

/** Every node at one height: the roots of that block. */
async function rootsOf(height: number): Promise<Set<string>> {
  const blocks = network.nodes.map(async ({ client }) => (await client.getBlock(height)).root);
  return new Set(await Promise.all(blocks));
}

async function certified(client: Client, taskId: string): Promise<boolean> {
  for (let leftMs = patienceMs; leftMs > 0; leftMs -= 500) {
    try {
      if ((await client.getTask(taskId)).status !== 'pending') return true;
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
    }
    await delay(500);
  }
  return false;
}

it(
  `nodes that are killed and frozen at random lose nothing that was acknowledged (seed ${seed})`,
  async () => {
    const heard: Heard = { whole: new Set(), failed: new Map() };
    let isOver = false;
    const asking = Array.from({ length: users }, () => ask(network, heard, () => isOver));
    await faults(Date.now() + faultsMs);
    isOver = true;
    await Promise.all(asking);
    for (const node of network.nodes) await node.readyWithin(patienceMs);

    const [{ client }] = network.nodes as [FaultyNode];
    const each = [...heard.whole].map(async (taskId) => ((await certified(client, taskId)) ? [] : [taskId]));
    const unpaid = (await Promise.all(each)).flat();
    const heights = await Promise.all(network.nodes.map(async (node) => (await node.heightWhenReady()) ?? 0));
    const { tasks } = await client.getStatus();
    console.log(
      JSON.stringify({
        seed,
        seconds: faultsMs / 1000,
        engine: isComet ? 'cometbft' : 'embedded',
        nodes: network.nodes.length,
        height: Math.min(...heights),
        whole: heard.whole.size,
        unpaid: unpaid.length,
        failed: Object.fromEntries(heard.failed),
        tasks,
        recoveriesMs: recoveriesMs.toSorted((a, b) => a - b),
      }),
    );
    console.log(log.join('\n'));
    expect(unpaid).toEqual([]);
    expect((await rootsOf(Math.min(...heights) - 1)).size).toBe(1);
    expect(heard.whole.size).toBeGreaterThan(0);
    // Of requests that were cut off some were made; never more are certified than were asked.
    const failed = [...heard.failed.values()].reduce((sum, count) => sum + count, 0);
    expect(tasks.certified).toBeGreaterThanOrEqual(heard.whole.size - unpaid.length);
    expect(tasks.certified).toBeLessThanOrEqual(heard.whole.size + failed);
    const api = network.api.replace(/\/v1$/, '');
    const replayed = await assay(['replay', '--json', '--fast', '--api', api]);
    expect(JSON.parse(replayed.out)).toMatchObject({ valid: true });
  },
  faultsMs + 600_000,
);
