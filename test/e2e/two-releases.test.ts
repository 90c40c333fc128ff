import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@assay/client';
import { cometForTests } from '@assay/node/consensus/cometbft/net.fixture';
import { stopProcess } from '@assay/node/deploy/processes';
import { writeTinyModel } from '@assay/node/inference/gguf/tiny';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaultyNode, nodesIn } from '../faults/faulty-network.ts';
import { assay, eventually, firstPort, receiptIdOf, runs, seats, taskWith, temporaryDirectory } from './network.ts';
import { differences, previousRelease, type Release, thisRelease } from './previous-release.ts';

const patienceMs = 120_000;
const directory = temporaryDirectory();
const dir = join(directory.path, 'network');
const isComet = (await cometForTests()) !== null;
const port = String(firstPort);
const counts = ['--validators', '2', '--mixers', '2', '--miners', '2', '--oracles', '1', '--gateways', '2'];

/** The release before this one, or why the two are not tried together. */
function look(): { readonly previous: Release; readonly why: string | null } {
  try {
    const previous = previousRelease(join(directory.path, 'previous'));
    const other = differences(previous, thisRelease);
    const why = `${previous.name} and this release differ on purpose, so they are no one network: ${other.join(', ')}.`;
    return { previous, why: other.length === 0 ? null : why };
  } catch (error) {
    return { previous: thisRelease, why: (error as Error).message };
  }
}

const { previous, why } = look();
if (why !== null) console.warn(`SKIPPED: two releases in one network. ${why}`);

/** Of each kind of role the first is of the release before, of the gateways the second. */
function releaseOf(name: string): Release {
  const isSecond = name.endsWith('-2');
  return isSecond === name.startsWith('gateway') ? previous : thisRelease;
}

const cli = ({ main, root }: Release, ...args: string[]) =>
  runs([process.execPath, main, ...args], { cwd: root, env: process.env });

interface Config {
  readonly engine: { readonly kind: string };
  readonly listen: readonly string[];
  peers: { readonly addresses: readonly string[] }[];
}

const configOf = ({ dataDir }: FaultyNode) => JSON.parse(readFileSync(join(dataDir, 'config.json'), 'utf8')) as Config;

/** Has every node that follows the chain take it from nodes of the other release alone. */
function followTheOther(nodes: readonly FaultyNode[]): void {
  const placeOf = new Map(nodes.flatMap((node) => configOf(node).listen.map((address) => [address, node.name])));
  for (const node of nodes) {
    const config = configOf(node);
    if (config.engine.kind !== 'follow') continue;
    const isOther = (address: string) => releaseOf(placeOf.get(address) ?? node.name) !== releaseOf(node.name);
    config.peers = config.peers.filter(({ addresses }) => addresses.some(isOther));
    if (config.peers.length === 0) throw new Error(`${node.name} has nobody of the other release to follow`);
    writeFileSync(join(node.dataDir, 'config.json'), JSON.stringify(config));
  }
}

describe.skipIf(why !== null)(`${previous.name} and this release in one network`, () => {
  const nodes: FaultyNode[] = [];
  const fronts: OpenAI[] = [];
  const named = (name: string) => nodes.find((node) => node.name === name) as FaultyNode;
  let client: Client;

  beforeAll(async () => {
    const model = join(directory.path, 'tiny.gguf');
    await writeTinyModel(model);
    const engine = isComet ? 'cometbft' : 'embedded';
    const options = ['--engine', engine, '--model', model, '--port', port, '--set', 'epochBlocks=16'];
    const made = await cli(previous, 'network', 'init', '--dir', dir, ...counts, ...options);
    expect(made).toMatchObject({ code: 0 });
    nodes.push(...nodesIn(dir).map((node) => new FaultyNode(dir, node, releaseOf(node.name).main)));
    followTheOther(nodes);
    for (const node of nodes) node.start();
    expect(await assay(['network', 'up', '--dir', dir, '--json'])).toMatchObject({ code: 0 });
    for (const name of ['gateway-1', 'gateway-2']) {
      const text = readFileSync(join(named(name).dataDir, 'node.json'), 'utf8');
      const { api, apiKey } = JSON.parse(text) as { api: string; apiKey: string };
      fronts.push(new OpenAI({ baseURL: `${api}/v1`, apiKey, maxRetries: 0, timeout: patienceMs }));
    }
    client = named('gateway-1').client;
  }, 300_000);

  afterAll(async () => {
    await Promise.all(nodes.map(({ dataDir }) => stopProcess(dataDir, 10_000)));
    directory.remove();
  }, 60_000);

  /** Asks each gateway; gives the ids of the tasks. */
  async function askBoth(): Promise<string[]> {
    const model = (await client.getModels()).items[0]?.name ?? '';
    const messages = [{ role: 'user' as const, content: 'Name three colours.' }];
    const answers = fronts.map((front) => front.chat.completions.create({ model, messages, max_tokens: 16 }));
    return (await Promise.all(answers)).map(receiptIdOf);
  }

  /** A task, whichever gateway was asked: the other knows of it once it is certified. */
  const certified = (taskId: string) =>
    eventually(async () => {
      const task = await client.getTask(taskId).catch(() => null);
      return task === null || task.status === 'pending' ? null : task;
    });

  /** Of a certified task the signers, one bit each, and one after the last. */
  async function signersOf(taskId: string): Promise<number> {
    await certified(taskId);
    const receipt = await client.getReceipt(taskId);
    return 'status' in receipt ? 0 : Number(receipt.certificate.signers);
  }

  it('runs the sources of each, with packages of its own', async () => {
    for (const release of [previous, thisRelease]) {
      const ask = "console.log(import.meta.resolve('@assay/node/version'))";
      const said = await runs([process.execPath, '--input-type=module', '-e', ask], { cwd: release.root });
      expect(said.out.trim()).toBe(`file://${release.root}/packages/node/src/version.ts`);
      const words = nodes.filter(({ name }) => releaseOf(name) === release).map(({ dataDir }) => programOf(dataDir));
      expect(words.length).toBeGreaterThan(3);
      expect(new Set(words)).toEqual(new Set([release.main]));
    }
  });

  it('answers, certifies, audits and pays by roles of both, each following the other, to one root', async () => {
    const asked: string[] = [];
    const tasks = await eventually(async () => {
      asked.push(...(await askBoth()));
      const all = await Promise.all(asked.map(certified));
      return new Set(all.map(({ miner }) => miner)).size === 2 ? all : null;
    });
    expect(new Set(tasks.map(({ mixer }) => mixer)).size).toBe(2);
    for (const taskId of asked) {
      const paid = await taskWith({ client }, taskId, (task) => task.paidEpoch !== null);
      expect(paid).toMatchObject({ verdict: 'pass', refundedUnits: '0' });
      const findings = paid.audit?.auditors.map(({ validator, numbers }) => [validator, numbers?.finding]);
      expect(findings?.toSorted()).toEqual([
        [0, 'checked'],
        [1, 'checked'],
      ]);
      expect(await signersOf(taskId)).toBe(0b111);
    }
    const heights = await Promise.all(nodes.map(async (node) => (await node.client.getStatus()).height));
    const blocks = nodes.map((node) => node.client.getBlock(Math.min(...heights)));
    expect(new Set((await Promise.all(blocks)).map(({ root, stateRoot }) => `${root} ${stateRoot}`)).size).toBe(1);
  }, 240_000);

  it('has no signature of one that is invalid to the other, and reads what the other has stored', async () => {
    const [taskId = ''] = await askBoth();
    await certified(taskId);
    const file = join(directory.path, 'receipt.json');
    const pairs = [
      [previous, thisRelease, 'mixer-1'],
      [thisRelease, previous, 'mixer-2'],
    ] as const;
    for (const [writer, reader, name] of pairs) {
      expect(releaseOf(name)).toBe(writer);
      const data = ['--data', named(name).dataDir];
      expect(await cli(writer, 'receipt', 'get', taskId, '--out', file, ...data)).toMatchObject({ code: 0 });
      expect(await cli(reader, 'receipt', 'verify', file, ...data)).toMatchObject({ code: 0 });
      expect(await cli(reader, 'replay', ...data)).toMatchObject({ code: 0 });
    }
  }, 240_000);

  it('goes on when a node is exchanged for one of the other release, in the same directory', async () => {
    for (const name of ['mixer-1', 'mixer-2']) {
      const { main } = releaseOf(name) === previous ? thisRelease : previous;
      const entry = nodesIn(dir).find((node) => node.name === name);
      await stopProcess(named(name).dataDir, 10_000);
      const next = new FaultyNode(dir, entry ?? { name, dir: name, roles: [] }, main);
      nodes[nodes.indexOf(named(name))] = next;
      next.start();
      await next.readyWithin(patienceMs);
      await seats(client, 2);
    }
    const asked = await eventually(() => askBoth().catch(() => null));
    for (const taskId of asked) expect(await signersOf(taskId)).toBe(0b111);
  }, 240_000);
});

/** The program that the process of a directory runs. */
function programOf(dataDir: string): string {
  const pid = readFileSync(join(dataDir, 'run.pid'), 'utf8').trim();
  return execFileSync('ps', ['-o', 'args=', '-p', pid], { encoding: 'utf8' }).split(' ')[1] ?? '';
}
