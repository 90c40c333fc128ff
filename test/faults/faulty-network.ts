import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, createClient } from '@assay/client';
import { askComet } from '@assay/node/consensus/cometbft/comet-rpc';
import { lastLines, processOf, startProcess } from '@assay/node/deploy/processes';
import { assay } from '../e2e/network.ts';

const main = resolve(import.meta.dirname, '../../packages/cli/src/main.ts');

interface NodeEntry {
  readonly name: string;
  readonly dir: string;
  readonly roles: readonly string[];
}

/** The nodes that a network was written with. */
export function nodesIn(dir: string): readonly NodeEntry[] {
  return (JSON.parse(readFileSync(join(dir, 'network.json'), 'utf8')) as { nodes: NodeEntry[] }).nodes;
}

/** A node of a network of many processes, as somebody who can end it sees it. */
export class FaultyNode {
  readonly name: string;
  readonly roles: readonly string[];
  readonly dataDir: string;
  readonly #main: string;

  /** `program` is what runs it; the sources in the repository by default. */
  constructor(dir: string, { name, dir: own, roles }: NodeEntry, program = main) {
    this.#main = program;
    this.name = name;
    this.roles = roles;
    this.dataDir = join(dir, own);
  }

  get isRunning(): boolean {
    return typeof processOf(this.dataDir) === 'number';
  }

  signal(signal: NodeJS.Signals): void {
    const pid = processOf(this.dataDir);
    if (typeof pid === 'number') process.kill(pid, signal);
  }

  start(): void {
    if (!this.isRunning) startProcess([process.execPath, this.#main, 'run', '--data', this.dataDir], this.dataDir);
  }

  /** Throws while it does not run. */
  get client(): Client {
    const { api } = JSON.parse(readFileSync(join(this.dataDir, 'node.json'), 'utf8')) as { api: string };
    return createClient({ baseUrl: api });
  }

  /** Its height, once its chain is current and its roles run; null before. */
  async heightWhenReady(): Promise<number | null> {
    try {
      if (!this.isRunning) return null;
      const { isCurrent, height, roles } = await this.client.getNode();
      return isCurrent && roles.every(({ running }) => running) ? height : null;
    } catch {
      return null;
    }
  }

  /** Resolves to how long it took until it was ready, milliseconds. Rejects with all that it says of itself. */
  async readyWithin(limitMs: number): Promise<number> {
    const startedMs = performance.now();
    const fail = async (what: string) => new Error(`${this.name} ${what}\n${(await this.#report()).join('\n')}`);
    while ((await this.heightWhenReady()) === null) {
      if (processOf(this.dataDir) === 'died') throw await fail('has ended');
      if (performance.now() - startedMs > limitMs) throw await fail(`is not ready after ${limitMs} ms`);
      await delay(100);
    }
    return Math.round(performance.now() - startedMs);
  }

  async #report(): Promise<string[]> {
    const ask = async (question: () => Promise<unknown>) => JSON.stringify(await question().catch(String));
    const log = readFileSync(join(this.dataDir, 'node.log'), 'utf8').trimEnd().split('\n').slice(-30);
    const answers = [await ask(async () => this.client.getNode())];
    if (this.roles.includes('validator')) {
      const config = readFileSync(join(this.dataDir, 'cometbft/config/config.toml'), 'utf8');
      const socket = /unix:\/\/([^",]+\/rpc)/.exec(config)?.[1] ?? '';
      for (const path of ['/status', '/net_info', '/consensus_state']) {
        answers.push(await ask(() => askComet(socket, path)));
      }
    }
    return [...answers, ...lastLines(this.dataDir, 20), ...log];
  }
}

export interface FaultyNetwork {
  readonly nodes: readonly FaultyNode[];
  /** Of the gateway. */
  readonly api: string;
  readonly apiKey: string;
  down(): Promise<void>;
}

/** Writes and starts a network. Throws with what the command said when it does not come up. */
export async function faultyNetwork(dir: string, args: readonly string[]): Promise<FaultyNetwork> {
  await command('network', 'init', '--dir', dir, ...args);
  const said = await command('network', 'up', '--dir', dir);
  const front = said
    .trim()
    .split('\n')
    .flatMap((line) => JSON.parse(line) as { api?: string; apiKey?: string });
  const { api, apiKey } = front.find((line) => line.apiKey !== undefined) ?? {};
  if (api === undefined || apiKey === undefined) throw new Error(`nobody can ask: ${said}`);
  return {
    nodes: nodesIn(dir).map((node) => new FaultyNode(dir, node)),
    api: api.endsWith('/v1') ? api : `${api}/v1`,
    apiKey,
    down: async () => void (await command('network', 'down', '--dir', dir)),
  };
}

async function command(...words: string[]): Promise<string> {
  const { code, out, err } = await assay([...words, '--json']);
  if (code !== 0) throw new Error(`assay ${words.join(' ')} ended with ${code}: ${out}${err}`);
  return out;
}
