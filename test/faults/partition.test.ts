import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cometForTests } from '@assay/node/consensus/cometbft/net.fixture';
import { writeTinyModel } from '@assay/node/inference/gguf/tiny';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assay, temporaryDirectory } from '../e2e/network.ts';

const main = resolve(import.meta.dirname, '../../packages/cli/src/main.ts');
const ip = (...args: string[]) => execFileSync('ip', args, { stdio: 'pipe', encoding: 'utf8' });
const machines = ['north', 'east', 'south', 'west'];
const spaceOf = (name: string) => `assay-${name}-${process.pid}`;
const hub = spaceOf('hub');
const patienceMs = 120_000;

/** What is missing for machines that can be cut off from each other; null when nothing is. */
function missing(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'namespaces need Linux and root: sudo npm test';
  try {
    ip('netns', 'add', hub);
    ip('-n', hub, 'link', 'add', 'left', 'type', 'bridge');
    ip('-n', hub, 'link', 'add', 'right', 'type', 'bridge');
    return null;
  } catch {
    return 'ip and bridges are missing: apt-get install -y iproute2';
  }
}

const why = missing() ?? ((await cometForTests()) === null ? 'there is no CometBFT' : null);
if (why !== null) console.warn(`SKIPPED: partitions of a network. ${why}`);

const directory = temporaryDirectory();
const dir = join(directory.path, 'network');
const children: ReturnType<typeof spawn>[] = [];

/** A machine on the one hub that both halves have. */
function plugIn(name: string, i: number): void {
  const space = spaceOf(name);
  ip('netns', 'add', space);
  ip('-n', space, 'link', 'set', 'lo', 'up');
  ip('-n', space, 'link', 'add', 'net', 'type', 'veth', 'peer', 'name', name, 'netns', hub);
  ip('-n', space, 'addr', 'add', `10.66.0.${i + 1}/24`, 'dev', 'net');
  ip('-n', space, 'link', 'set', 'net', 'up');
  ip('-n', hub, 'link', 'set', 'dev', name, 'up');
}

/** Leaves only those of one side in reach of each other. */
function divide(left: readonly string[]): void {
  for (const name of machines)
    ip('-n', hub, 'link', 'set', 'dev', name, 'master', left.includes(name) ? 'left' : 'right');
}

const heal = () => divide(machines);

interface Node {
  readonly name: string;
  readonly machine: string;
  readonly dataDir: string;
}

function nodesOf(): Node[] {
  const file = JSON.parse(readFileSync(join(dir, 'network.json'), 'utf8')) as {
    nodes: { name: string; dir: string; host: string }[];
  };
  return file.nodes.map((node) => ({ name: node.name, machine: node.host, dataDir: join(dir, node.dir) }));
}

function start({ machine, dataDir }: Node): void {
  const words = [process.execPath, main, 'run', '--data', dataDir];
  children.push(spawn('ip', ['netns', 'exec', spaceOf(machine), ...words], { stdio: 'ignore' }));
}

const inSpace = (machine: string, ...words: string[]) =>
  ip('netns', 'exec', spaceOf(machine), process.execPath, ...words);

/** Asks from inside a machine: an API answers on its own alone. */
const askAll = `for (const api of process.argv.slice(1)) {
  const answer = await fetch(api + '/assay/v1/status').then((got) => got.json(), () => null);
  console.log(answer?.height ?? 0);
}`;

/** Heights of nodes; 0 of one that does not answer. */
function heightsOf(nodes: readonly Node[]): number[] {
  return machines.flatMap((machine) => {
    const own = nodes.filter((node) => node.machine === machine);
    if (own.length === 0) return [];
    const said = inSpace(machine, '--input-type=module', '-e', askAll, ...own.map(apiOf));
    return said.trim().split('\n').map(Number);
  });
}

function apiOf({ dataDir }: Node): string {
  try {
    return (JSON.parse(readFileSync(join(dataDir, 'node.json'), 'utf8')) as { api: string }).api;
  } catch {
    return 'http://127.0.0.1:1';
  }
}

const askRoot = `const [height, ...apis] = process.argv.slice(1);
for (const api of apis) console.log((await (await fetch(api + '/assay/v1/blocks/' + height)).json()).root);`;

/** The roots that nodes have for one height. */
function rootsAt(height: number, nodes: readonly Node[]): Set<string> {
  const said = nodes.map((node) =>
    inSpace(node.machine, '--input-type=module', '-e', askRoot, String(height), apiOf(node)),
  );
  return new Set(said);
}

/** What a replay of its chain says, on the machine of a node. */
function isSound({ machine, dataDir }: Node): boolean {
  const said = JSON.parse(inSpace(machine, main, 'replay', '--fast', '--json', '--data', dataDir));
  return (said as { valid: boolean }).valid;
}

async function until(what: string, holds: () => boolean): Promise<number> {
  const startedMs = performance.now();
  while (!holds()) {
    if (performance.now() - startedMs > patienceMs) throw new Error(`${what} did not come in ${patienceMs} ms`);
    await delay(200);
  }
  return Math.round(performance.now() - startedMs);
}

describe.skipIf(why !== null)('a network that falls apart', () => {
  let validators: Node[];
  let mixers: Node[];
  const of = (nodes: readonly Node[], ...names: string[]) => nodes.filter(({ machine }) => names.includes(machine));
  const highest = (nodes: readonly Node[]) => Math.max(...heightsOf(nodes));
  const lowest = (nodes: readonly Node[]) => Math.min(...heightsOf(nodes));

  beforeAll(async () => {
    for (const side of ['left', 'right']) ip('-n', hub, 'link', 'set', 'dev', side, 'up');
    for (const [i, name] of machines.entries()) plugIn(name, i);
    heal();
    const model = join(directory.path, 'tiny.gguf');
    await writeTinyModel(model);
    const hosts = join(directory.path, 'hosts');
    writeFileSync(hosts, machines.map((name, i) => `${name} 10.66.0.${i + 1}`).join('\n'));
    const counts = ['--validators', '4', '--mixers', '4', '--miners', '0', '--oracles', '0', '--gateways', '0'];
    const written = await assay(
      ['network', 'init', '--dir', dir, '--hosts', hosts, '--engine', 'cometbft', '--model', model].concat(counts),
    );
    if (written.code !== 0) throw new Error(written.out + written.err);
    const nodes = nodesOf();
    validators = nodes.filter(({ name }) => name.startsWith('validator'));
    mixers = nodes.filter(({ name }) => name.startsWith('mixer'));
    for (const node of nodes) start(node);
    await until('the fifth block', () => lowest([...validators, ...mixers]) >= 5);
  }, 240_000);

  afterAll(() => {
    for (const child of children) child.kill('SIGINT');
    for (const space of [...machines.map(spaceOf), hub]) {
      try {
        const pids = ip('netns', 'pids', space).split('\n').filter(Boolean);
        for (const pid of pids) process.kill(Number(pid), 'SIGKILL');
        ip('netns', 'del', space);
      } catch {
        // It was never there.
      }
    }
    directory.remove();
  });

  it('stands still in halves, goes on where more than two thirds are, and is one again when it heals', async () => {
    divide(['north', 'east']);
    await delay(4000);
    const before = highest(validators);
    await delay(6000);
    expect(highest(validators)).toBe(before);
    heal();
    const halvesMs = await until('a block after the halves', () => lowest(validators) > before + 1);

    divide(['north', 'east', 'south']);
    await delay(3000);
    const alone = highest(of([...validators, ...mixers], 'west'));
    const majority = highest(of(validators, 'north', 'east', 'south'));
    const goneOnMs = await until(
      'blocks of the three',
      () => lowest(of(validators, 'north', 'east', 'south')) > majority + 4,
    );
    expect(highest(of([...validators, ...mixers], 'west'))).toBe(alone);
    heal();
    const oneMs = await until('the fourth to be back', () => lowest([...validators, ...mixers]) > majority + 4);
    console.log(JSON.stringify({ halvesMs, goneOnMs, oneMs }));

    expect([...validators, ...mixers].filter((node) => !isSound(node))).toEqual([]);
    expect(rootsAt(lowest([...validators, ...mixers]) - 1, [...validators, ...mixers]).size).toBe(1);
  }, 600_000);
});
